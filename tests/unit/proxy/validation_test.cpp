// validation_test: what is refused before anybody decides about it (RFC 3261 section 16.3, RFC 5393 section 4).
// SPDX-License-Identifier: Apache-2.0
#include "proxy/loop_detection.hpp"
#include "proxy_bench.hpp"

using namespace viaduct;
using namespace viaduct::proxy;

TEST_CASE("a Request-URI scheme nobody here can route is 416 (RFC 3261 section 16.3 step 2)") {
    ProxyBench bench;
    bench.answers_with(200);
    bench.alice.sends("MESSAGE", "nobodyKnowsThisScheme:x", {{"To", "<sip:bob@example.test>"}});
    CHECK(bench.alice.receives(416));
    bench.alice.sends("MESSAGE", "tel:+4930123456", {{"To", "<tel:+4930123456>"}});
    CHECK(bench.alice.receives(200));
}

TEST_CASE("a request at its last hop is 483, but an OPTIONS for this server is answered (RFC 3261 16.3 step 3)") {
    ProxyBench bench;
    bench.answers_with(200);
    bench.alice.sends("INVITE", "sip:bob@example.test", {{"Max-Forwards", "0"}});
    CHECK(bench.alice.receives(483));
    bench.alice.sends("OPTIONS", "sip:bob@example.test", {{"Max-Forwards", "0"}});
    CHECK(bench.alice.receives(483));
    bench.alice.sends("OPTIONS", "sip:example.test", {{"Max-Forwards", "0"}});
    CHECK(bench.alice.receives(200));
    CHECK(bench.counted("viaduct_proxy_refused_total") == 2);
}

TEST_CASE("Max-Forwards is added where it is missing (RFC 3261 section 16.6 step 3)") {
    ProxyBench bench{{.default_max_forwards = 17}};
    bench.relays({kBob});
    bench.alice.sends_bytes(
        "MESSAGE sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
        "From: <sip:alice@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n"
        "Content-Length: 0\r\n\r\n");
    const auto message = bench.bob.receives("MESSAGE");
    REQUIRE(message);
    CHECK(message->max_forwards() == 17U);
}

TEST_CASE("an unknown option tag in Proxy-Require is 420 with Unsupported (RFC 3261 section 16.3 step 5)") {
    ProxyBench bench{{.supported = {"path"}}};
    bench.relays({kBob});
    bench.alice.sends("INVITE", "sip:bob@example.test", {{"Proxy-Require", "path, teleport, Beam"}});
    const auto refusal = bench.alice.receives(420);
    REQUIRE(refusal);
    CHECK(refusal->header(HeaderId::unsupported) == "teleport, Beam");
    bench.alice.sends("INVITE", "sip:bob@example.test", {{"Proxy-Require", "PATH"}});
    CHECK(bench.bob.receives("INVITE"));
}

TEST_CASE("Require concerns this server only in requests for itself (RFC 3261 sections 8.2.2.3 and 20.32)") {
    ProxyBench bench;
    bench.handler.script = [](const ProxyBench::Context& context) {
        if (context->is_for_proxy()) return context->finish_with(Response{200});
        context->relay(ProxyBench::targets({kBob}), {},
                       [context](Answer answer) { context->finish_with(std::move(answer)); });
    };
    bench.alice.sends("OPTIONS", "sip:bob@example.test", {{"Require", "teleport"}});
    CHECK(bench.bob.receives("OPTIONS"));
    bench.alice.sends("OPTIONS", "sip:example.test", {{"Require", "teleport"}});
    CHECK(bench.alice.receives(420));
}

TEST_CASE("a request that comes back as it was is a loop: 482 (RFC 5393 section 4)") {
    ProxyBench bench;
    // Whatever it is given it sends to itself again, unchanged.
    bench.relays({"sip:bob@example.test"});
    bench.resolver.names["example.test"] = {std::string{"udp "} + ProxyBench::kProxy};
    bench.alice.sends("INVITE", "sip:bob@example.test");
    CHECK(bench.alice.receives(482));
    CHECK(bench.counted("viaduct_proxy_branches_total") == 1);
}

TEST_CASE("a request that comes back with another Request-URI is a spiral and passes (RFC 5393 section 4)") {
    ProxyBench bench;
    bench.resolver.names["example.test"] = {std::string{"udp "} + ProxyBench::kProxy};
    bench.handler.script = [](const ProxyBench::Context& context) {
        const bool first = context->message().request_uri_text().starts_with("sip:bob@");
        context->relay(ProxyBench::targets({first ? "sip:carol@example.test" : kCarol}), {},
                       [context](Answer answer) { context->finish_with(std::move(answer)); });
    };
    bench.alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bench.carol.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->values(HeaderId::via).size() == 3);
    bench.carol.responds(200);
    REQUIRE(bench.alice.receives(200));
    bench.alice.acknowledges();
    CHECK(bench.carol.receives("ACK"));
}

TEST_CASE("the loop hash is the same for a request's CANCEL and its failure's ACK, and tells routes apart") {
    const auto parsed = [](const std::string& method, const std::string& more) {
        return Message::parse(method +
                              " sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"
                              "From: <sip:a@b>;tag=1\r\nCall-ID: 1\r\nCSeq: 1 " +
                              method + "\r\n" + more + "\r\n")
            .value();
    };
    const auto hash = loop_hash(parsed("INVITE", "To: <sip:b@c>\r\n"));
    CHECK(hash == loop_hash(parsed("CANCEL", "To: <sip:b@c>\r\n")));
    CHECK(hash == loop_hash(parsed("ACK", "To: <sip:b@c>;tag=2\r\n")));
    CHECK(hash != loop_hash(parsed("INVITE", "To: <sip:b@c>\r\nRoute: <sip:x;lr>\r\n")));
}
