// forking_test: several targets at once and one after the other (RFC 3261 sections 16.6 and 16.7, RFC 5393).
// SPDX-License-Identifier: Apache-2.0
#include "proxy_bench.hpp"

using namespace viaduct;
using namespace viaduct::proxy;

TEST_CASE("the first 2xx ends the other branches (RFC 3261 section 16.7 step 10)") {
    ProxyBench bench;
    bench.relays({kBob, kCarol});
    bench.alice.sends("INVITE", "sip:group@example.test");
    bench.carol.responds(180);
    bench.bob.responds(180);
    bench.bob.responds(200);
    CHECK(bench.alice.receives(200));
    const auto cancel = bench.carol.receives("CANCEL");
    REQUIRE(cancel);
    CHECK(cancel->header(HeaderId::reason)->starts_with("SIP;cause=200"));  // RFC 3326
    bench.carol.responds(200);                                              // to the CANCEL
    bench.carol.responds(487);
    CHECK(bench.carol.receives("ACK"));
    CHECK_FALSE(bench.alice.receives(487));
    CHECK(bench.answers == std::vector{200});
}

TEST_CASE("a 2xx that crosses its CANCEL goes up, too (RFC 3261 section 16.7 step 5)") {
    ProxyBench bench;
    bench.relays({kBob, kCarol});
    bench.alice.sends("INVITE", "sip:group@example.test");
    bench.bob.responds(200, {{"X-From", "bob"}});
    REQUIRE(bench.alice.receives(200));
    bench.carol.responds(200, {{"X-From", "carol"}});
    const auto second = bench.alice.receives(200);
    REQUIRE(second);
    CHECK(second->header("X-From") == "carol");
    CHECK(bench.answers == std::vector{200});
}

TEST_CASE("without a 2xx the best response goes up when all have answered (RFC 3261 section 16.7 step 6)") {
    ProxyBench bench;
    bench.relays({kBob, kCarol});
    bench.alice.sends("INVITE", "sip:group@example.test");
    bench.bob.responds(404);
    CHECK_FALSE(bench.alice.receives(404));
    bench.carol.responds(302);
    CHECK(bench.alice.receives(302));
    CHECK(bench.bob.receives("ACK"));
    CHECK(bench.answers == std::vector{302});
}

TEST_CASE("a 6xx ends the other branches and goes up once they have ended (RFC 3261 section 16.7 step 5)") {
    ProxyBench bench;
    bench.relays({kBob, kCarol});
    bench.alice.sends("INVITE", "sip:group@example.test");
    bench.carol.responds(180);
    bench.bob.responds(603);
    REQUIRE(bench.carol.receives("CANCEL"));
    CHECK_FALSE(bench.alice.has_received("603"));
    bench.carol.responds(200);  // to the CANCEL
    bench.carol.responds(487);
    CHECK(bench.alice.receives(603));
}

TEST_CASE("with stop_at_6xx off the other branches may still answer") {
    ProxyBench bench;
    bench.relays({kBob, kCarol}, {.stop_at_6xx = false});
    bench.alice.sends("INVITE", "sip:group@example.test");
    bench.carol.responds(180);
    bench.bob.responds(603);
    CHECK_FALSE(bench.carol.has_received("CANCEL"));
    bench.carol.responds(200);
    CHECK(bench.alice.receives(200));
}

TEST_CASE("challenges of all branches go up together (RFC 3261 section 16.7 step 7)") {
    ProxyBench bench;
    bench.relays({kBob, kCarol});
    bench.alice.sends("INVITE", "sip:group@example.test");
    bench.bob.responds(401, {{"WWW-Authenticate", "Digest realm=\"b\", nonce=\"1\""}});
    bench.carol.responds(407, {{"Proxy-Authenticate", "Digest realm=\"c\", nonce=\"2\""}});
    const auto challenge = bench.alice.receives(401);
    REQUIRE(challenge);
    CHECK(challenge->has(HeaderId::www_authenticate));
    CHECK(challenge->has(HeaderId::proxy_authenticate));
}

TEST_CASE("a handler may relay again after a failure: serial forking") {
    ProxyBench bench;
    bench.tries_in_turn({{kBob}, {kCarol}});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.bob.responds(486);
    REQUIRE(bench.carol.receives("INVITE"));
    CHECK_FALSE(bench.alice.has_received("486"));
    bench.carol.responds(200);
    CHECK(bench.alice.receives(200));
    CHECK(bench.answers == std::vector{486, 200});
}

TEST_CASE("groups of equal q are tried in descending order, each with its own ring_for (RFC 3261 section 16.6)") {
    ProxyBench bench;
    auto targets = ProxyBench::targets({kCarol, kBob});
    targets[0].q = 0.5F;
    bench.relays_to(targets, {.ring_for = 20s, .serial_by_q = true});
    bench.alice.sends("INVITE", "sip:group@example.test");
    bench.bob.responds(180);
    CHECK_FALSE(bench.carol.has_received("INVITE"));

    bench.passes(20s);
    REQUIRE(bench.bob.receives("CANCEL"));
    bench.bob.responds(200);  // to the CANCEL
    bench.bob.responds(487);
    REQUIRE(bench.carol.receives("INVITE"));
    bench.carol.responds(180);
    bench.passes(20s);
    REQUIRE(bench.carol.receives("CANCEL"));
    bench.carol.responds(200);  // to the CANCEL
    bench.carol.responds(487);
    CHECK(bench.alice.receives(408));  // nobody's 487: the caller has not cancelled
    CHECK(bench.answers == std::vector{408});
}

TEST_CASE("a branch that says nothing within answer_within is given up, before timer B") {
    ProxyBench bench;
    bench.relays({kBob}, {.answer_within = 3s});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(bench.bob.receives("INVITE"));
    bench.passes(2900ms);
    CHECK_FALSE(bench.alice.has_received("408"));
    bench.passes(100ms);
    CHECK(bench.alice.receives(408));
}

TEST_CASE("branches share Max-Breadth, and there are no more than it allows (RFC 5393 section 5.3.3.1)") {
    ProxyBench bench;
    bench.relays({kBob, kCarol});
    SECTION("enough for all") {
        bench.alice.sends("INVITE", "sip:group@example.test", {{"Max-Breadth", "5"}});
        CHECK(bench.bob.receives("INVITE")->header("Max-Breadth") == "3");
        CHECK(bench.carol.receives("INVITE")->header("Max-Breadth") == "2");
    }
    SECTION("not enough") {
        bench.alice.sends("INVITE", "sip:group@example.test", {{"Max-Breadth", "1"}});
        CHECK(bench.alice.receives(440));
        CHECK_FALSE(bench.bob.has_received("INVITE"));
    }
}

TEST_CASE("a target given twice is tried once (RFC 3261 section 16.5)") {
    ProxyBench bench;
    bench.relays({kBob, kBob});
    bench.alice.sends("MESSAGE", "sip:bob@example.test");
    bench.bob.responds(200);
    CHECK(bench.bob.history() == std::vector<std::string>{"MESSAGE"});
    CHECK(bench.alice.receives(200));
}

TEST_CASE("only the first 2xx of a forked non-INVITE goes up (RFC 3261 section 16.7 step 5)") {
    ProxyBench bench;
    bench.relays({kBob, kCarol});
    bench.alice.sends("MESSAGE", "sip:group@example.test");
    bench.bob.responds(200);
    bench.carol.responds(202);
    CHECK(bench.alice.receives(200));
    CHECK_FALSE(bench.alice.receives(202));
}

TEST_CASE("timer C ends a branch that rings for ever (RFC 3261 section 16.8)") {
    ProxyBench bench{{.timer_c = 181s}};
    bench.relays({kBob});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.bob.responds(180);
    bench.passes(120s);
    bench.bob.responds(180);  // starts it anew
    bench.passes(180s);
    CHECK_FALSE(bench.bob.has_received("CANCEL"));
    bench.passes(1s);
    CHECK(bench.bob.receives("CANCEL"));
    bench.bob.responds(200);  // to the CANCEL
    bench.bob.responds(487);
    CHECK(bench.alice.receives(408));
    CHECK(bench.counted("viaduct_proxy_timer_c_total") == 1);
}

TEST_CASE("a 503 goes up as 500, since it speaks of another server (RFC 3261 section 16.7 step 6)") {
    SECTION("as a rule") {
        ProxyBench bench;
        bench.relays({kBob});
        bench.alice.sends("INVITE", "sip:bob@example.test");
        bench.bob.responds(503, {{"Retry-After", "600"}});
        const auto response = bench.alice.receives(500);
        REQUIRE(response);
        CHECK_FALSE(response->has(HeaderId::retry_after));
        CHECK(bench.answers == std::vector{503});
    }
    SECTION("unless configured otherwise") {
        ProxyBench bench{{.pass_503 = true}};
        bench.relays({kBob});
        bench.alice.sends("INVITE", "sip:bob@example.test");
        bench.bob.responds(503);
        CHECK(bench.alice.receives(503));
    }
}
