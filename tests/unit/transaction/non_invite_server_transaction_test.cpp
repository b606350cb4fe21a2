// The non-INVITE server transaction, RFC 3261 section 17.2.2: every state with every input.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "action_text.hpp"
#include "transaction/non_invite_server_transaction.hpp"

namespace viaduct::transaction {
namespace {

constexpr bool kReliable = true, kUnreliable = false;
const TimerValues kValues;

NonInviteServerTransaction in_state(State state, bool reliable = kUnreliable) {
    NonInviteServerTransaction transaction{kValues, reliable};
    transaction.start();
    if (state == State::proceeding) transaction.respond(183);
    if (state == State::completed || state == State::terminated) transaction.respond(200);
    if (state == State::terminated) transaction.expired(Timer::j);
    REQUIRE(transaction.state() == state);
    return transaction;
}

struct Reaction {
    State from;
    const char* input;
    const char* actions;
    State to;
};

Actions apply(NonInviteServerTransaction& transaction, std::string_view input) {
    if (input == "request") return transaction.request_repeated();
    if (input == "183") return transaction.respond(183);
    if (input == "200") return transaction.respond(200);
    if (input == "404") return transaction.respond(404);
    if (input == "transport_failed") return transaction.transport_failed();
    REQUIRE(input == "j");
    return transaction.expired(Timer::j);
}

const Reaction kReactions[] = {
    {State::trying, "request", "", State::trying},
    {State::trying, "183", "send_response", State::proceeding},
    {State::trying, "200", "send_response, start j 32000ms", State::completed},
    {State::trying, "404", "send_response, start j 32000ms", State::completed},
    {State::trying, "transport_failed", "", State::trying},
    {State::trying, "j", "", State::trying},

    {State::proceeding, "request", "send_response", State::proceeding},
    {State::proceeding, "183", "send_response", State::proceeding},
    {State::proceeding, "200", "send_response, start j 32000ms", State::completed},
    {State::proceeding, "404", "send_response, start j 32000ms", State::completed},
    {State::proceeding, "transport_failed", "terminate, fail transport", State::terminated},
    {State::proceeding, "j", "", State::proceeding},

    {State::completed, "request", "send_response", State::completed},
    {State::completed, "183", "", State::completed},
    {State::completed, "200", "", State::completed},
    {State::completed, "404", "", State::completed},
    {State::completed, "transport_failed", "terminate, fail transport", State::terminated},
    {State::completed, "j", "terminate", State::terminated},

    {State::terminated, "request", "", State::terminated},
    {State::terminated, "183", "", State::terminated},
    {State::terminated, "200", "", State::terminated},
    {State::terminated, "404", "", State::terminated},
    {State::terminated, "transport_failed", "", State::terminated},
    {State::terminated, "j", "", State::terminated},
};

TEST_CASE("non-INVITE server: each state reacts to each input as RFC 3261 figure 8 says") {
    static_assert(std::size(kReactions) == 4 * 6);
    for (const Reaction& reaction : kReactions) {
        INFO(text(reaction.from) << " + " << reaction.input);
        auto transaction = in_state(reaction.from);
        CHECK(text(apply(transaction, reaction.input)) == reaction.actions);
        CHECK(transaction.state() == reaction.to);
    }
}

TEST_CASE("non-INVITE server: the request is delivered and no 100 is due (17.2.2)") {
    NonInviteServerTransaction transaction{kValues, kUnreliable};
    CHECK(text(transaction.start()) == "deliver");
}

TEST_CASE("non-INVITE server: timer J is zero over a reliable transport (17.2.2)") {
    auto transaction = in_state(State::trying, kReliable);
    CHECK(text(transaction.respond(200)) == "send_response, start j 0ms");
    CHECK(text(transaction.expired(Timer::j)) == "terminate");
}

TEST_CASE("non-INVITE server: timers of other machines mean nothing") {
    CHECK(ignores_all_timers_but(in_state(State::trying), {}));
    CHECK(ignores_all_timers_but(in_state(State::proceeding), {}));
    CHECK(ignores_all_timers_but(in_state(State::completed), {Timer::j}));
    CHECK(ignores_all_timers_but(in_state(State::terminated), {}));
}

}  // namespace
}  // namespace viaduct::transaction
