// The non-INVITE client transaction, RFC 3261 section 17.1.2: every state with every input.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "action_text.hpp"
#include "transaction/non_invite_client_transaction.hpp"

namespace viaduct::transaction {
namespace {

constexpr bool kReliable = true, kUnreliable = false;
const TimerValues kValues;

NonInviteClientTransaction in_state(State state, bool reliable = kUnreliable) {
    NonInviteClientTransaction transaction{kValues, reliable};
    transaction.start();
    if (state == State::proceeding) transaction.response(100);
    if (state == State::completed || state == State::terminated) transaction.response(200);
    if (state == State::terminated) transaction.expired(Timer::k);
    REQUIRE(transaction.state() == state);
    return transaction;
}

struct Reaction {
    State from;
    const char* input;
    const char* actions;
    State to;
};

Actions apply(NonInviteClientTransaction& transaction, std::string_view input) {
    if (input == "100") return transaction.response(100);
    if (input == "200") return transaction.response(200);
    if (input == "404") return transaction.response(404);
    if (input == "transport_failed") return transaction.transport_failed();
    if (input == "e") return transaction.expired(Timer::e);
    if (input == "f") return transaction.expired(Timer::f);
    REQUIRE(input == "k");
    return transaction.expired(Timer::k);
}

const char* const kFinal = "cancel e, cancel f, start k 5000ms, deliver";

const Reaction kReactions[] = {
    {State::trying, "100", "deliver", State::proceeding},
    {State::trying, "200", kFinal, State::completed},
    {State::trying, "404", kFinal, State::completed},
    {State::trying, "transport_failed", "terminate, fail transport", State::terminated},
    {State::trying, "e", "send_request, start e 1000ms", State::trying},
    {State::trying, "f", "terminate, fail timeout", State::terminated},
    {State::trying, "k", "", State::trying},

    {State::proceeding, "100", "deliver", State::proceeding},
    {State::proceeding, "200", kFinal, State::completed},
    {State::proceeding, "404", kFinal, State::completed},
    {State::proceeding, "transport_failed", "terminate, fail transport", State::terminated},
    {State::proceeding, "e", "send_request, start e 4000ms", State::proceeding},
    {State::proceeding, "f", "terminate, fail timeout", State::terminated},
    {State::proceeding, "k", "", State::proceeding},

    {State::completed, "100", "", State::completed},
    {State::completed, "200", "", State::completed},
    {State::completed, "404", "", State::completed},
    {State::completed, "transport_failed", "", State::completed},
    {State::completed, "e", "", State::completed},
    {State::completed, "f", "", State::completed},
    {State::completed, "k", "terminate", State::terminated},

    {State::terminated, "100", "", State::terminated},
    {State::terminated, "200", "", State::terminated},
    {State::terminated, "404", "", State::terminated},
    {State::terminated, "transport_failed", "", State::terminated},
    {State::terminated, "e", "", State::terminated},
    {State::terminated, "f", "", State::terminated},
    {State::terminated, "k", "", State::terminated},
};

TEST_CASE("non-INVITE client: each state reacts to each input as RFC 3261 figure 6 says") {
    static_assert(std::size(kReactions) == 4 * 7);
    for (const Reaction& reaction : kReactions) {
        INFO(text(reaction.from) << " + " << reaction.input);
        auto transaction = in_state(reaction.from);
        CHECK(text(apply(transaction, reaction.input)) == reaction.actions);
        CHECK(transaction.state() == reaction.to);
    }
}

TEST_CASE("non-INVITE client: timer E doubles up to T2, timer F is 64*T1 (17.1.2.2)") {
    NonInviteClientTransaction transaction{kValues, kUnreliable};
    CHECK(text(transaction.start()) == "send_request, start f 32000ms, start e 500ms");
    CHECK(intervals(transaction, Timer::e, 5) == "1000 2000 4000 4000 4000");
}

TEST_CASE("non-INVITE client: after a provisional response timer E is T2 (17.1.2.2)") {
    auto transaction = in_state(State::proceeding);
    CHECK(intervals(transaction, Timer::e, 3) == "4000 4000 4000");
}

TEST_CASE("non-INVITE client: over a reliable transport nothing is repeated and timer K is zero (17.1.2.2)") {
    NonInviteClientTransaction transaction{kValues, kReliable};
    CHECK(text(transaction.start()) == "send_request, start f 32000ms");
    CHECK(text(transaction.response(200)) == "cancel e, cancel f, start k 0ms, deliver");
}

TEST_CASE("non-INVITE client: timers of other machines mean nothing") {
    CHECK(ignores_all_timers_but(in_state(State::trying), {Timer::e, Timer::f}));
    CHECK(ignores_all_timers_but(in_state(State::proceeding), {Timer::e, Timer::f}));
    CHECK(ignores_all_timers_but(in_state(State::completed), {Timer::k}));
    CHECK(ignores_all_timers_but(in_state(State::terminated), {}));
}

}  // namespace
}  // namespace viaduct::transaction
