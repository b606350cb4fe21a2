// cancel_test: the caller gives up (RFC 3261 sections 9.2 and 16.10).
// SPDX-License-Identifier: Apache-2.0
#include "proxy_bench.hpp"

using namespace viaduct;
using namespace viaduct::proxy;

TEST_CASE("a CANCEL while phones ring ends all branches and the caller gets 487 (RFC 3261 section 16.10)") {
    ProxyBench bench;
    bench.relays({kBob, kCarol});
    bench.alice.sends("INVITE", "sip:group@example.test");
    bench.bob.responds(180);
    bench.carol.responds(180);
    REQUIRE(bench.alice.receives(180));

    bench.alice.cancels();
    CHECK(bench.alice.receives(200));  // to the CANCEL
    CHECK(bench.handler.cancellations == 1);
    REQUIRE(bench.bob.receives("CANCEL"));
    REQUIRE(bench.carol.receives("CANCEL"));
    bench.bob.responds(200);
    bench.bob.responds(487);
    CHECK_FALSE(bench.alice.has_received("487"));
    bench.carol.responds(200);
    bench.carol.responds(487);
    CHECK(bench.alice.receives(487));
    CHECK(bench.answers.empty());  // the handler was told once, and that was cancelled()
    CHECK(bench.proxy().requests_under_way() == 0);
}

TEST_CASE("a CANCEL before any provisional response waits for one (RFC 3261 section 9.1)") {
    ProxyBench bench;
    bench.relays({kBob});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(bench.bob.receives("INVITE"));
    bench.alice.cancels();
    REQUIRE(bench.alice.receives(200));
    CHECK_FALSE(bench.bob.has_received("CANCEL"));
    bench.bob.responds(180);
    REQUIRE(bench.bob.receives("CANCEL"));
    CHECK_FALSE(bench.alice.has_received("180"));
    bench.bob.responds(200);  // to the CANCEL
    bench.bob.responds(487);
    CHECK(bench.alice.receives(487));
}

TEST_CASE("a phone that answers as the caller gives up has answered (RFC 3261 section 9.1)") {
    ProxyBench bench;
    bench.relays({kBob});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(bench.bob.receives("INVITE"));
    bench.alice.cancels();
    REQUIRE(bench.alice.receives(200));
    bench.bob.responds(200, {{"X-Late", "yes"}});
    const auto answer = bench.alice.receives(200);
    REQUIRE(answer);
    CHECK(answer->header("X-Late") == "yes");
}

TEST_CASE("the caller's Reason goes along with the CANCEL (RFC 3326)") {
    ProxyBench bench;
    bench.relays({kBob});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.bob.responds(180);
    bench.run();
    const auto invite = bench.bob.receives("INVITE");
    REQUIRE(invite);
    bench.alice.sends_bytes(
        "CANCEL sip:bob@example.test SIP/2.0\r\nVia: " + std::string{bench.alice.receives(180)->top_via()->text} +
        "\r\nFrom: " + std::string{*invite->header(HeaderId::from)} +
        "\r\nTo: <sip:bob@example.test>\r\nCall-ID: " + std::string{invite->call_id()} +
        "\r\nCSeq: 1 CANCEL\r\nMax-Forwards: 70\r\nReason: SIP;cause=200\r\nContent-Length: 0\r\n\r\n");
    const auto cancel = bench.bob.receives("CANCEL");
    REQUIRE(cancel);
    CHECK(cancel->header(HeaderId::reason) == "SIP;cause=200");
}

TEST_CASE("a CANCEL while the handler waits for something else is answered with 487 at once") {
    ProxyBench bench;
    ProxyBench::Context kept;
    int ended = 0;
    bench.handler.script = [&](const ProxyBench::Context& context) {
        kept = context;
        context->on_end([&ended] { ++ended; });
    };
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.run();
    REQUIRE(kept);
    bench.alice.cancels();
    CHECK(bench.alice.receives(487));
    CHECK(kept->cancelled());
    CHECK(bench.handler.cancellations == 1);
    CHECK(ended == 1);

    kept->finish_with(Response{200});  // too late: nothing happens
    kept.reset();
    CHECK_FALSE(bench.alice.receives(500));
    CHECK(ended == 1);
}

TEST_CASE("a CANCEL while a name is looked up ends the branch before it sends anything") {
    ProxyBench bench;
    bench.resolver.later = true;
    bench.relays({kBob});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.run();
    REQUIRE(bench.resolver.waiting.size() == 1);
    bench.alice.cancels();
    CHECK(bench.alice.receives(487));
    bench.resolver.waiting[0]();
    CHECK_FALSE(bench.bob.receives("INVITE"));
}

TEST_CASE("a phone that ignores its CANCEL does not keep the caller for ever (RFC 3261 section 9.1)") {
    ProxyBench bench;
    bench.relays({kBob});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.bob.responds(180);
    bench.run();
    bench.alice.cancels();
    bench.passes(33s);
    CHECK(bench.alice.receives(487));
    CHECK(bench.proxy().requests_under_way() == 0);
}

TEST_CASE("a CANCEL between two tries of serial forking ends the second") {
    ProxyBench bench;
    bench.tries_in_turn({{kBob}, {kCarol}});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.bob.responds(486);
    bench.carol.responds(180);
    bench.run();
    bench.alice.cancels();
    REQUIRE(bench.carol.receives("CANCEL"));
    bench.carol.responds(200);  // to the CANCEL
    bench.carol.responds(487);
    CHECK(bench.alice.receives(487));
    CHECK(bench.answers == std::vector{486});
}
