// The INVITE server transaction, RFC 3261 section 17.2.1 with RFC 6026: every state with every input.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "action_text.hpp"
#include "transaction/invite_server_transaction.hpp"

namespace viaduct::transaction {
namespace {

constexpr bool kReliable = true, kUnreliable = false;
const TimerValues kValues;

InviteServerTransaction in_state(State state, bool reliable = kUnreliable) {
    InviteServerTransaction transaction{kValues, reliable};
    transaction.start();
    if (state == State::accepted) transaction.respond(200);
    if (state == State::completed || state == State::confirmed || state == State::terminated) transaction.respond(486);
    if (state == State::confirmed) transaction.ack();
    if (state == State::terminated) transaction.expired(Timer::h);
    REQUIRE(transaction.state() == state);
    return transaction;
}

struct Reaction {
    State from;
    const char* input;
    const char* actions;
    State to;
};

Actions apply(InviteServerTransaction& transaction, std::string_view input) {
    if (input == "INVITE") return transaction.request_repeated();
    if (input == "180") return transaction.respond(180);
    if (input == "200") return transaction.respond(200);
    if (input == "486") return transaction.respond(486);
    if (input == "ACK") return transaction.ack();
    if (input == "try_now") return transaction.try_now();
    if (input == "transport_failed") return transaction.transport_failed();
    if (input == "caller_gone") return transaction.caller_gone();
    if (input == "trying") return transaction.expired(Timer::trying);
    if (input == "g") return transaction.expired(Timer::g);
    if (input == "h") return transaction.expired(Timer::h);
    if (input == "i") return transaction.expired(Timer::i);
    REQUIRE(input == "l");
    return transaction.expired(Timer::l);
}

const Reaction kReactions[] = {
    {State::proceeding, "INVITE", "", State::proceeding},
    {State::proceeding, "180", "send_response, cancel trying", State::proceeding},
    {State::proceeding, "200", "send_response, cancel trying, start l 32000ms", State::accepted},
    {State::proceeding, "486", "send_response, cancel trying, start g 500ms, start h 32000ms", State::completed},
    {State::proceeding, "ACK", "", State::proceeding},
    {State::proceeding, "try_now", "send_trying, cancel trying", State::proceeding},
    {State::proceeding, "transport_failed", "fail transport", State::proceeding},
    {State::proceeding, "caller_gone", "cancel trying", State::proceeding},
    {State::proceeding, "trying", "send_trying, cancel trying", State::proceeding},
    {State::proceeding, "g", "", State::proceeding},
    {State::proceeding, "h", "", State::proceeding},
    {State::proceeding, "i", "", State::proceeding},
    {State::proceeding, "l", "", State::proceeding},

    {State::accepted, "INVITE", "", State::accepted},
    {State::accepted, "180", "", State::accepted},
    {State::accepted, "200", "send_response", State::accepted},
    {State::accepted, "486", "", State::accepted},
    {State::accepted, "ACK", "deliver", State::accepted},
    {State::accepted, "try_now", "", State::accepted},
    {State::accepted, "transport_failed", "fail transport", State::accepted},
    {State::accepted, "caller_gone", "", State::accepted},
    {State::accepted, "trying", "", State::accepted},
    {State::accepted, "g", "", State::accepted},
    {State::accepted, "h", "", State::accepted},
    {State::accepted, "i", "", State::accepted},
    {State::accepted, "l", "terminate", State::terminated},

    {State::completed, "INVITE", "send_response", State::completed},
    {State::completed, "180", "", State::completed},
    {State::completed, "200", "", State::completed},
    {State::completed, "486", "", State::completed},
    {State::completed, "ACK", "cancel g, cancel h, start i 5000ms", State::confirmed},
    {State::completed, "try_now", "", State::completed},
    {State::completed, "transport_failed", "fail transport", State::completed},
    {State::completed, "caller_gone", "", State::completed},
    {State::completed, "trying", "", State::completed},
    {State::completed, "g", "send_response, start g 1000ms", State::completed},
    {State::completed, "h", "terminate, fail timeout", State::terminated},
    {State::completed, "i", "", State::completed},
    {State::completed, "l", "", State::completed},

    {State::confirmed, "INVITE", "", State::confirmed},
    {State::confirmed, "180", "", State::confirmed},
    {State::confirmed, "200", "", State::confirmed},
    {State::confirmed, "486", "", State::confirmed},
    {State::confirmed, "ACK", "", State::confirmed},
    {State::confirmed, "try_now", "", State::confirmed},
    {State::confirmed, "transport_failed", "", State::confirmed},
    {State::confirmed, "caller_gone", "", State::confirmed},
    {State::confirmed, "trying", "", State::confirmed},
    {State::confirmed, "g", "", State::confirmed},
    {State::confirmed, "h", "", State::confirmed},
    {State::confirmed, "i", "terminate", State::terminated},
    {State::confirmed, "l", "", State::confirmed},

    {State::terminated, "INVITE", "", State::terminated},
    {State::terminated, "180", "", State::terminated},
    {State::terminated, "200", "", State::terminated},
    {State::terminated, "486", "", State::terminated},
    {State::terminated, "ACK", "", State::terminated},
    {State::terminated, "try_now", "", State::terminated},
    {State::terminated, "transport_failed", "", State::terminated},
    {State::terminated, "caller_gone", "", State::terminated},
    {State::terminated, "trying", "", State::terminated},
    {State::terminated, "g", "", State::terminated},
    {State::terminated, "h", "", State::terminated},
    {State::terminated, "i", "", State::terminated},
    {State::terminated, "l", "", State::terminated},
};

TEST_CASE("INVITE server: each state reacts to each input as RFC 3261 figure 7 and RFC 6026 figure 5 say") {
    static_assert(std::size(kReactions) == 5 * 13);
    for (const Reaction& reaction : kReactions) {
        INFO(text(reaction.from) << " + " << reaction.input);
        auto transaction = in_state(reaction.from);
        CHECK(text(apply(transaction, reaction.input)) == reaction.actions);
        CHECK(transaction.state() == reaction.to);
        CHECK(transaction.has_final() == (reaction.to != State::proceeding));
    }
}

TEST_CASE("INVITE server: the request is delivered and 100 Trying due in 200 ms (17.2.1)") {
    InviteServerTransaction transaction{kValues, kUnreliable};
    CHECK(text(transaction.start()) == "start trying 200ms, deliver");
    CHECK(transaction.state() == State::proceeding);
}

TEST_CASE("INVITE server: no 100 Trying of its own after the user has answered (17.2.1)") {
    auto transaction = in_state(State::proceeding);
    transaction.respond(183);
    CHECK(transaction.expired(Timer::trying).empty());
    CHECK(transaction.try_now().empty());
}

TEST_CASE("INVITE server: a repeated INVITE gets the last provisional response again (17.2.1)") {
    auto transaction = in_state(State::proceeding);
    transaction.try_now();
    CHECK(text(transaction.request_repeated()) == "send_response");
    CHECK(text(transaction.respond(180)) == "send_response");
    CHECK(text(transaction.request_repeated()) == "send_response");
}

TEST_CASE("INVITE server: timer G doubles up to T2 (17.2.1)") {
    auto transaction = in_state(State::completed);
    CHECK(intervals(transaction, Timer::g, 6) == "1000 2000 4000 4000 4000 4000");
}

TEST_CASE("INVITE server: timer G does not overflow however often it fires") {
    const TimerValues slow{.t1 = 500ms, .t2 = 1000h};
    InviteServerTransaction transaction{slow, kUnreliable};
    transaction.respond(486);
    for (int i = 0; i < 300; ++i) {
        for (const Action& action : transaction.expired(Timer::g)) CHECK(action.delay >= Duration{});
    }
}

TEST_CASE("INVITE server: over a reliable transport the final response is not repeated and timer I is zero (17.2.1)") {
    auto transaction = in_state(State::proceeding, kReliable);
    CHECK(text(transaction.respond(486)) == "send_response, cancel trying, start h 32000ms");
    CHECK(text(transaction.ack()) == "cancel g, cancel h, start i 0ms");
    CHECK(text(transaction.expired(Timer::i)) == "terminate");
}

TEST_CASE("INVITE server: timer L is 64*T1 over a reliable transport, too (RFC 6026 section 7.1)") {
    auto transaction = in_state(State::proceeding, kReliable);
    CHECK(text(transaction.respond(200)) == "send_response, cancel trying, start l 32000ms");
}

TEST_CASE("INVITE server: T1, T2 and T4 come from the settings") {
    const TimerValues quick{.t1 = 100ms, .t2 = 300ms, .t4 = 1s};
    InviteServerTransaction transaction{quick, kUnreliable};
    transaction.start();
    CHECK(text(transaction.respond(600)) == "send_response, cancel trying, start g 100ms, start h 6400ms");
    CHECK(intervals(transaction, Timer::g, 3) == "200 300 300");
    CHECK(text(transaction.ack()) == "cancel g, cancel h, start i 1000ms");
}

TEST_CASE("INVITE server: a failure for a caller who is gone is sent nowhere and needs no ACK (RFC 7118 section 5)") {
    auto transaction = in_state(State::proceeding, kReliable);
    transaction.try_now();
    transaction.caller_gone();
    CHECK(transaction.caller_gone().empty());
    CHECK_FALSE(transaction.has_final());
    CHECK(transaction.expired(Timer::trying).empty());
    CHECK(transaction.try_now().empty());
    CHECK(transaction.request_repeated().empty());
    CHECK(transaction.respond(180).empty());
    CHECK(text(transaction.respond(487)) == "start i 0ms");
    CHECK(transaction.has_final());
    CHECK(transaction.respond(200).empty());
    CHECK(text(transaction.expired(Timer::i)) == "terminate");
}

TEST_CASE("INVITE server: a 2xx for a caller who is gone is sent all the same, so that somebody notices (RFC 6026)") {
    auto transaction = in_state(State::proceeding, kReliable);
    transaction.caller_gone();
    CHECK(text(transaction.respond(200)) == "send_response, cancel trying, start l 32000ms");
    CHECK(transaction.state() == State::accepted);
}

TEST_CASE("INVITE server: timers of other machines mean nothing") {
    CHECK(ignores_all_timers_but(in_state(State::proceeding), {Timer::trying}));
    CHECK(ignores_all_timers_but(in_state(State::accepted), {Timer::l}));
    CHECK(ignores_all_timers_but(in_state(State::completed), {Timer::g, Timer::h}));
    CHECK(ignores_all_timers_but(in_state(State::confirmed), {Timer::i}));
    CHECK(ignores_all_timers_but(in_state(State::terminated), {}));
}

TEST_CASE("a transaction machine is small: state and flags, no messages") {
    CHECK(sizeof(InviteServerTransaction) <= 16);
}

}  // namespace
}  // namespace viaduct::transaction
