// Transactions seen from outside: repeats, lost datagrams, silence, and what the script notices of them: nothing
// (RFC 3261 section 17, RFC 6026).
// SPDX-License-Identifier: Apache-2.0
#include "town.hpp"

namespace viaduct::flow {

namespace {

SimulatedServer::Options with_transactions(SimulatedServer::Options options) {
    options.toml += with_modules("[module.registrar]\nstateless = false\n");
    return options;
}

struct Pair {
    // Its registrar keeps the transactions of a REGISTER, too: here they are what is looked at.
    explicit Pair(SimulatedServer::Options options = {.script_text = kOpenScript}, Transport transport = Transport::udp)
        : town{with_transactions(std::move(options))},
          alice{town.registered("alice", {.transport = transport})},
          bob{town.registered("bob", {.transport = transport})} {}

    // Requests the script was given since the phones registered.
    std::uint64_t script_runs() const { return town.count("viaduct_script_requests_total") - 2; }

    Town town;
    Phone& alice;
    Phone& bob;
};

// Half a second at a time, both phones say their last words again, until `phone` hears `what`: timers A, E and G, and
// the 200 that is repeated until its ACK comes (RFC 3261 section 13.3.1.4).
template <class What>
std::optional<Message> patiently(Pair& pair, Phone& phone, What what) {
    for (int tries = 0; tries < 64; ++tries) {
        if (auto message = phone.receives(what)) return message;
        pair.town.advance(500ms);
        pair.alice.repeats();
        pair.bob.repeats();
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE(
    "an INVITE that is repeated reaches the script and bob once, and is answered again (RFC 3261 section 17.2.1)") {
    Pair pair;
    ring(pair.alice, pair.bob, "sip:bob@example.test");
    for (int i = 0; i < 3; ++i) {
        pair.alice.repeats();
        CHECK(pair.alice.receives(180));
    }
    CHECK_FALSE(pair.bob.receives("INVITE"));
    CHECK(pair.script_runs() == 1);
}

TEST_CASE(
    "a REGISTER that is repeated is answered again from memory, not refused for its CSeq (RFC 3261 section 17.2.2)") {
    Pair pair;
    REQUIRE(pair.alice.registers() == 200);
    pair.alice.repeats();
    const auto again = pair.alice.receives(0);
    REQUIRE(again);
    CHECK(again->status() == 200);
    CHECK(pair.script_runs() == 1);
}

TEST_CASE("a BYE that is repeated reaches bob once and is answered twice (RFC 3261 section 17.2.2)") {
    Pair pair;
    talk(pair.alice, pair.bob);
    end_call(pair.alice, pair.bob);
    pair.alice.repeats();
    CHECK(pair.alice.receives(200));
    CHECK_FALSE(pair.bob.receives("BYE"));
    CHECK(pair.script_runs() == 2);
}

TEST_CASE(
    "every repeat of bob's 200 goes up until the ACK has come, and the ACK's repeats go down (RFC 6026 section 7.1)") {
    Pair pair;
    pair.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(pair.bob.receives("INVITE"));
    REQUIRE(pair.bob.responds(200));
    REQUIRE(pair.alice.receives(200));
    for (int i = 0; i < 3; ++i) {
        pair.town.advance(4s);
        pair.bob.repeats();
        REQUIRE(pair.alice.receives(200));
        pair.alice.acknowledges();
        CHECK(pair.bob.receives("ACK"));
    }
    CHECK(pair.script_runs() == 1);
}

TEST_CASE("100 Trying comes after 200 ms of silence, not before (RFC 3261 section 17.2.1)") {
    Pair pair;
    pair.alice.sends("INVITE", "sip:bob@example.test");
    pair.town.advance(190ms);
    CHECK_FALSE(pair.alice.receives(100));
    pair.town.advance(20ms);
    CHECK(pair.alice.receives(100));
}

TEST_CASE("bob is silent: seven INVITEs, then 408 when timer B fires (RFC 3261 section 17.1.1.2)") {
    Pair pair;
    pair.alice.sends("INVITE", "sip:bob@example.test");
    pair.town.advance(31900ms);
    CHECK_FALSE(pair.alice.receives(408));
    pair.town.advance(200ms);
    CHECK(pair.alice.receives(408));
    CHECK(heard(pair.bob, "INVITE") == 7);  // at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s
}

TEST_CASE("bob is silent: eleven MESSAGEs, then 408 when timer F fires (RFC 3261 section 17.1.2.2)") {
    Pair pair;
    pair.alice.sends("MESSAGE", "sip:bob@example.test");
    pair.town.advance(31900ms);
    CHECK_FALSE(pair.alice.receives(408));
    pair.town.advance(200ms);
    CHECK(pair.alice.receives(408));
    CHECK(heard(pair.bob, "MESSAGE") == 11);  // at 0, 0.5, 1.5, 3.5, 7.5 s, then each 4 s
}

TEST_CASE("over TCP nothing is repeated, and silence ends after 32 s all the same (RFC 3261 section 17.1.1.2)") {
    Pair pair{{.script_text = kOpenScript}, Transport::tcp};
    pair.alice.sends("INVITE", "sip:bob@example.test");
    pair.town.advance(32100ms);
    CHECK(pair.alice.receives(408));
    CHECK(heard(pair.bob, "INVITE") == 1);
}

TEST_CASE("a phone that rings for ever is cancelled by timer C, the caller hears 408 (RFC 3261 section 16.8)") {
    Pair pair;
    pair.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(pair.bob.receives("INVITE"));
    REQUIRE(pair.bob.responds(180));
    pair.town.advance(179s);
    CHECK_FALSE(pair.bob.receives("CANCEL"));
    pair.town.advance(2s);
    accept_cancel(pair.bob);
    CHECK(pair.alice.receives(408));
    CHECK(pair.town.count("viaduct_proxy_timer_c_total") == 1);
}

TEST_CASE("each new 180 starts timer C anew (RFC 3261 section 16.7 step 2)") {
    Pair pair;
    pair.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(pair.bob.receives("INVITE"));
    for (int i = 0; i < 4; ++i) {
        REQUIRE(pair.bob.responds(180));
        pair.town.advance(170s);
    }
    CHECK_FALSE(pair.bob.receives("CANCEL"));
    pair.town.advance(20s);
    CHECK(pair.bob.receives("CANCEL"));
}

TEST_CASE("calls over a wire that loses 10 to 30 % complete, and no repeat reaches the script") {
    const double loss = GENERATE(0.1, 0.2, 0.3);
    const std::uint32_t seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    CAPTURE(loss, seed);
    Pair pair{{.script_text = kOpenScript, .seed = seed}};
    pair.town.environment().wire().set_conditions({.loss = loss, .delay = 20ms, .jitter = 30ms});

    pair.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(patiently(pair, pair.bob, "INVITE"));
    REQUIRE(pair.bob.responds(200));
    REQUIRE(patiently(pair, pair.alice, 200));
    pair.alice.acknowledges();
    REQUIRE(patiently(pair, pair.bob, "ACK"));
    CHECK(pair.script_runs() == 1);

    while (pair.alice.receives(0)) {
    }  // repeats of the 200
    pair.alice.hangs_up();
    REQUIRE(patiently(pair, pair.bob, "BYE"));
    REQUIRE(pair.bob.responds(200));
    while (const auto answer = patiently(pair, pair.alice, 200)) {
        if (answer->method() == Method::bye) break;
    }
    CHECK(pair.script_runs() == 2);
}

TEST_CASE("a call refused over a wire that loses 30 % is acknowledged in the end, and forgotten") {
    const std::uint32_t seed = GENERATE(1U, 2U, 3U);
    CAPTURE(seed);
    Pair pair{{.script_text = kOpenScript, .seed = seed}};
    pair.town.environment().wire().set_conditions({.loss = 0.3});
    pair.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(patiently(pair, pair.bob, "INVITE"));
    REQUIRE(pair.bob.responds(486));
    REQUIRE(patiently(pair, pair.bob, "ACK"));
    REQUIRE(patiently(pair, pair.alice, 486));
    pair.town.advance(70s);
    CHECK(pair.town.status().server_transactions == 0);
    CHECK(pair.town.status().client_transactions == 0);
}

TEST_CASE("datagrams that overtake each other do no harm") {
    const std::uint32_t seed = GENERATE(1U, 2U, 3U, 4U);
    CAPTURE(seed);
    Pair pair{{.script_text = kOpenScript, .seed = seed}};
    pair.town.environment().wire().set_conditions({.delay = 5ms, .jitter = 400ms});
    pair.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(patiently(pair, pair.bob, "INVITE"));
    REQUIRE(pair.bob.responds(180));
    REQUIRE(pair.bob.responds(200));
    REQUIRE(patiently(pair, pair.alice, 200));
    pair.alice.acknowledges();
    REQUIRE(patiently(pair, pair.bob, "ACK"));
    CHECK(pair.script_runs() == 1);
}

TEST_CASE("a contact where nobody is any more is told by the network: the caller hears 500 at once, not after 32 s") {
    Pair pair;
    pair.town.environment().wire().set_conditions({.refuse_udp_to_nobody = true});
    REQUIRE(pair.bob.registers(3600, {{"Contact", "<sip:bob@203.0.113.77:5060>"}, {"Call-ID", "moved"}}) == 200);
    REQUIRE(pair.bob.registers(0) == 200);
    pair.alice.sends("INVITE", "sip:bob@example.test");
    CHECK(pair.alice.receives(500));  // RFC 3261 section 16.9: as if 503, which goes up as 500 (16.7 step 6)
}

TEST_CASE(
    "a phone whose connection is lost in the middle of the call's start is a failed branch (RFC 3261 section 16.9)") {
    Pair pair{{.script_text = kOpenScript}, Transport::tcp};
    pair.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(pair.bob.receives("INVITE"));
    pair.bob.closes_connection();
    const auto answer = pair.alice.receives(0);
    REQUIRE(answer);
    CHECK(answer->status() >= 480);
}

TEST_CASE("above the limit of transactions a request is answered 503 with Retry-After, the calls that stand go on") {
    Pair pair{{.script_text = kOpenScript, .toml = "[limits]\ntransactions = 6\n"}};
    pair.town.advance(40s);
    talk(pair.alice, pair.bob);
    pair.town.advance(40s);
    auto& carol = pair.town.phone("carol");
    for (int i = 0; i < 10; ++i) carol.sends("MESSAGE", "sip:bob@example.test");
    const auto refused = carol.receives(503);
    REQUIRE(refused);
    CHECK(refused->has(HeaderId::retry_after));
    pair.town.advance(70s);
    end_call(pair.bob, pair.alice);
}

TEST_CASE("when all is said nothing is left of calls that were answered, refused, cancelled or ignored") {
    Pair pair;
    talk(pair.alice, pair.bob);
    end_call(pair.bob, pair.alice);
    pair.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(pair.bob.responds(486));
    pair.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(pair.bob.responds(180));
    pair.alice.cancels();
    pair.alice.sends("INVITE", "sip:bob@example.test");
    pair.town.advance(150s);
    const auto left = pair.town.status();
    CHECK(left.requests == 0);
    CHECK(left.server_transactions == 0);
    CHECK(left.client_transactions == 0);
    CHECK(pair.town.count("viaduct_stack_transactions_started_total") ==
          pair.town.count("viaduct_stack_transactions_ended_total"));
}

}  // namespace viaduct::flow
