// The INVITE client transaction, RFC 3261 section 17.1.1 with RFC 6026 and CANCEL: every state with every input.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "action_text.hpp"
#include "transaction/invite_client_transaction.hpp"

namespace viaduct::transaction {
namespace {

constexpr bool kReliable = true, kUnreliable = false;
const TimerValues kValues;

InviteClientTransaction in_state(State state, bool reliable = kUnreliable) {
    InviteClientTransaction transaction{kValues, reliable};
    transaction.start();
    if (state == State::proceeding) transaction.response(180);
    if (state == State::accepted) transaction.response(200);
    if (state == State::completed || state == State::terminated) transaction.response(486);
    if (state == State::terminated) transaction.expired(Timer::d);
    REQUIRE(transaction.state() == state);
    return transaction;
}

struct Reaction {
    State from;
    const char* input;
    const char* actions;
    State to;
};

Actions apply(InviteClientTransaction& transaction, std::string_view input) {
    if (input == "180") return transaction.response(180);
    if (input == "200") return transaction.response(200);
    if (input == "486") return transaction.response(486);
    if (input == "cancel") return transaction.cancel();
    if (input == "transport_failed") return transaction.transport_failed();
    if (input == "a") return transaction.expired(Timer::a);
    if (input == "b") return transaction.expired(Timer::b);
    if (input == "d") return transaction.expired(Timer::d);
    REQUIRE(input == "m");
    return transaction.expired(Timer::m);
}

const Reaction kReactions[] = {
    {State::calling, "180", "cancel a, cancel b, deliver", State::proceeding},
    {State::calling, "200", "cancel a, cancel b, start m 32000ms, deliver", State::accepted},
    {State::calling, "486", "send_ack, cancel a, cancel b, start d 32000ms, deliver", State::completed},
    {State::calling, "cancel", "", State::calling},
    {State::calling, "transport_failed", "terminate, fail transport", State::terminated},
    {State::calling, "a", "send_request, start a 1000ms", State::calling},
    {State::calling, "b", "terminate, fail timeout", State::terminated},
    {State::calling, "d", "", State::calling},
    {State::calling, "m", "", State::calling},

    {State::proceeding, "180", "deliver", State::proceeding},
    {State::proceeding, "200", "cancel a, cancel b, start m 32000ms, deliver", State::accepted},
    {State::proceeding, "486", "send_ack, cancel a, cancel b, start d 32000ms, deliver", State::completed},
    {State::proceeding, "cancel", "send_cancel, start b 32000ms", State::proceeding},
    {State::proceeding, "transport_failed", "terminate, fail transport", State::terminated},
    {State::proceeding, "a", "", State::proceeding},
    {State::proceeding, "b", "terminate, fail timeout", State::terminated},
    {State::proceeding, "d", "", State::proceeding},
    {State::proceeding, "m", "", State::proceeding},

    {State::accepted, "180", "", State::accepted},
    {State::accepted, "200", "deliver", State::accepted},
    {State::accepted, "486", "", State::accepted},
    {State::accepted, "cancel", "", State::accepted},
    {State::accepted, "transport_failed", "", State::accepted},
    {State::accepted, "a", "", State::accepted},
    {State::accepted, "b", "", State::accepted},
    {State::accepted, "d", "", State::accepted},
    {State::accepted, "m", "terminate", State::terminated},

    {State::completed, "180", "", State::completed},
    {State::completed, "200", "", State::completed},
    {State::completed, "486", "send_ack", State::completed},
    {State::completed, "cancel", "", State::completed},
    {State::completed, "transport_failed", "terminate, fail transport", State::terminated},
    {State::completed, "a", "", State::completed},
    {State::completed, "b", "", State::completed},
    {State::completed, "d", "terminate", State::terminated},
    {State::completed, "m", "", State::completed},

    {State::terminated, "180", "", State::terminated},
    {State::terminated, "200", "", State::terminated},
    {State::terminated, "486", "", State::terminated},
    {State::terminated, "cancel", "", State::terminated},
    {State::terminated, "transport_failed", "", State::terminated},
    {State::terminated, "a", "", State::terminated},
    {State::terminated, "b", "", State::terminated},
    {State::terminated, "d", "", State::terminated},
    {State::terminated, "m", "", State::terminated},
};

TEST_CASE("INVITE client: each state reacts to each input as RFC 3261 figure 5 and RFC 6026 figure 4 say") {
    static_assert(std::size(kReactions) == 5 * 9);
    for (const Reaction& reaction : kReactions) {
        INFO(text(reaction.from) << " + " << reaction.input);
        auto transaction = in_state(reaction.from);
        CHECK(text(apply(transaction, reaction.input)) == reaction.actions);
        CHECK(transaction.state() == reaction.to);
    }
}

TEST_CASE("INVITE client: timer A starts at T1 and doubles without a cap, timer B is 64*T1 (17.1.1.2)") {
    InviteClientTransaction transaction{kValues, kUnreliable};
    CHECK(text(transaction.start()) == "send_request, start b 32000ms, start a 500ms");
    CHECK(intervals(transaction, Timer::a, 6) == "1000 2000 4000 8000 16000 32000");
}

TEST_CASE("INVITE client: over a reliable transport the INVITE is not repeated and timer D is zero (17.1.1.2)") {
    InviteClientTransaction transaction{kValues, kReliable};
    CHECK(text(transaction.start()) == "send_request, start b 32000ms");
    CHECK(text(transaction.response(503)) == "send_ack, cancel a, cancel b, start d 0ms, deliver");
}

TEST_CASE("INVITE client: timer D is at least 32 s even when T1 is small (17.1.1.2)") {
    const TimerValues quick{.t1 = 10ms};
    InviteClientTransaction transaction{quick, kUnreliable};
    CHECK(text(transaction.start()) == "send_request, start b 640ms, start a 10ms");
    CHECK(text(transaction.response(404)) == "send_ack, cancel a, cancel b, start d 32000ms, deliver");
}

TEST_CASE("INVITE client: timer M is 64*T1 over a reliable transport, too (RFC 6026 section 7.2)") {
    auto transaction = in_state(State::proceeding, kReliable);
    CHECK(text(transaction.response(200)) == "cancel a, cancel b, start m 32000ms, deliver");
}

TEST_CASE("INVITE client: every 2xx of a forked INVITE is delivered (RFC 6026 section 7.2)") {
    auto transaction = in_state(State::accepted);
    for (int i = 0; i < 3; ++i) CHECK(text(transaction.response(200)) == "deliver");
}

TEST_CASE("INVITE client: a CANCEL wanted before any response waits for a provisional one (9.1)") {
    auto transaction = in_state(State::calling);
    CHECK(transaction.cancel().empty());
    CHECK(text(transaction.response(100)) == "cancel a, send_cancel, start b 32000ms, deliver");
    CHECK(text(transaction.response(180)) == "deliver");
}

TEST_CASE("INVITE client: a CANCEL that was wanted is not sent when the first response is final (9.1)") {
    auto refused = in_state(State::calling), answered = in_state(State::calling);
    refused.cancel();
    answered.cancel();
    CHECK(text(refused.response(486)) == "send_ack, cancel a, cancel b, start d 32000ms, deliver");
    CHECK(text(answered.response(200)) == "cancel a, cancel b, start m 32000ms, deliver");
}

TEST_CASE("INVITE client: CANCEL is sent once (9.1)") {
    auto transaction = in_state(State::proceeding);
    CHECK(text(transaction.cancel()) == "send_cancel, start b 32000ms");
    CHECK(transaction.cancel().empty());
}

TEST_CASE("INVITE client: no final response within 64*T1 of the CANCEL ends the transaction (9.1)") {
    auto transaction = in_state(State::proceeding);
    transaction.cancel();
    CHECK(text(transaction.expired(Timer::b)) == "terminate, fail timeout");
    CHECK(transaction.state() == State::terminated);
}

TEST_CASE("INVITE client: timers of other machines mean nothing") {
    CHECK(ignores_all_timers_but(in_state(State::calling), {Timer::a, Timer::b}));
    CHECK(ignores_all_timers_but(in_state(State::proceeding), {Timer::b}));
    CHECK(ignores_all_timers_but(in_state(State::accepted), {Timer::m}));
    CHECK(ignores_all_timers_but(in_state(State::completed), {Timer::d}));
    CHECK(ignores_all_timers_but(in_state(State::terminated), {}));
}

}  // namespace
}  // namespace viaduct::transaction
