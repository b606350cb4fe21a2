// routing_test: Route and Record-Route, loose and strict, and maddr (RFC 3261 sections 16.4, 16.6 and 16.12.1).
// SPDX-License-Identifier: Apache-2.0
#include "proxy_bench.hpp"

using namespace viaduct;
using namespace viaduct::proxy;

namespace {

// As an in-dialog request of alice.
std::string request(const std::string& uri, const std::string& routes, const std::string& method = "INFO") {
    return method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKr\r\n" + routes +
           "Max-Forwards: 70\r\nFrom: <sip:alice@example.test>;tag=1\r\nTo: <sip:bob@example.test>;tag=2\r\n"
           "Call-ID: route\r\nCSeq: 2 " +
           method + "\r\nContent-Length: 0\r\n\r\n";
}

struct RoutingBench : ProxyBench {
    RoutingBench() { relays({}); }
};

}  // namespace

TEST_CASE("our own Route value is taken off, the next one says where to (RFC 3261 sections 16.4 and 16.6 step 7)") {
    RoutingBench bench;
    bench.alice.sends_bytes(request("sip:carol@192.0.2.99",
                                    "Route: <sip:192.0.2.10;lr>, <sip:192.0.2.2;lr>\r\nRoute: <sip:192.0.2.3;lr>\r\n"));
    const auto info = bench.bob.receives("INFO");
    REQUIRE(info);
    CHECK(info->request_uri_text() == "sip:carol@192.0.2.99");
    CHECK(info->values(HeaderId::route) == std::vector<std::string_view>{"<sip:192.0.2.2;lr>", "<sip:192.0.2.3;lr>"});
}

TEST_CASE("a Route that names our domain is ours, on another port it is not") {
    RoutingBench bench;
    bench.alice.sends_bytes(request(kBob, "Route: <sip:example.test;lr>\r\n"));
    CHECK(bench.bob.receives("INFO"));
    bench.resolver.names["example.test"] = {"udp 192.0.2.3:5060"};
    bench.alice.sends_bytes(request("sip:bob@192.0.2.2:5070", "Route: <sip:example.test:5070;lr>\r\n", "MESSAGE"));
    const auto message = bench.carol.receives("MESSAGE");
    REQUIRE(message);
    CHECK(message->has(HeaderId::route));
}

TEST_CASE("a request from a strict router gets its Request-URI back (RFC 3261 section 16.4)") {
    RoutingBench bench;
    bench.alice.sends_bytes(request("sip:192.0.2.10:5060;lr", "Route: <sip:192.0.2.3;lr>, <sip:bob@192.0.2.2>\r\n"));
    const auto info = bench.carol.receives("INFO");
    REQUIRE(info);
    CHECK(info->request_uri_text() == "sip:bob@192.0.2.2");
    CHECK(info->values(HeaderId::route) == std::vector<std::string_view>{"<sip:192.0.2.3;lr>"});
}

TEST_CASE("a strict router is sent what it understands (RFC 3261 section 16.6 step 6)") {
    RoutingBench bench;
    bench.alice.sends_bytes(request("sip:carol@192.0.2.99", "Route: <sip:192.0.2.2>, <sip:192.0.2.3;lr>\r\n"));
    const auto info = bench.bob.receives("INFO");
    REQUIRE(info);
    CHECK(info->request_uri_text() == "sip:192.0.2.2");
    CHECK(info->values(HeaderId::route) ==
          std::vector<std::string_view>{"<sip:192.0.2.3;lr>", "<sip:carol@192.0.2.99>"});
}

TEST_CASE("a user of ours is no Record-Route value, even with lr in its URI") {
    RoutingBench bench;
    bench.alice.sends_bytes(request("sip:bob@192.0.2.10;lr", "Route: <sip:192.0.2.3;lr>\r\n"));
    const auto info = bench.carol.receives("INFO");
    REQUIRE(info);
    CHECK(info->request_uri_text() == "sip:bob@192.0.2.10;lr");
}

TEST_CASE("a maddr of ours is stripped with its port and transport (RFC 3261 section 16.4)") {
    ProxyBench bench;
    std::string seen;
    bench.handler.script = [&](const ProxyBench::Context& context) {
        seen = context->message().request_uri_text();
        context->finish_with(Response{200});
    };
    bench.alice.sends("OPTIONS", "sip:bob@example.com:5060;transport=udp;maddr=192.0.2.10");
    REQUIRE(bench.alice.receives(200));
    CHECK(seen == "sip:bob@example.com");
    bench.alice.sends("OPTIONS", "sip:bob@example.com;maddr=192.0.2.77");
    REQUIRE(bench.alice.receives(200));
    CHECK(seen == "sip:bob@example.com;maddr=192.0.2.77");
}

TEST_CASE("the Path of a binding is pushed, and its first hop is where the request goes (RFC 3327 section 5.3)") {
    ProxyBench bench;
    Target target;
    target.uri = Uri::parse("sip:bob@10.1.1.1").value();
    target.route = {"<sip:192.0.2.3;lr>", "<sip:edge.example;lr>"};
    bench.relays_to({target});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bench.carol.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->values(HeaderId::route) ==
          std::vector<std::string_view>{"<sip:192.0.2.3;lr>", "<sip:edge.example;lr>"});
}

TEST_CASE("what may not stand in a Request-URI is left out of it (RFC 3261 section 19.1.1)") {
    ProxyBench bench;
    bench.relays({"sip:bob@192.0.2.2:5060;method=INVITE;x=y?Subject=hello"});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bench.bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->request_uri_text() == "sip:bob@192.0.2.2:5060;x=y");
}

TEST_CASE("record_route off, and requests that make no dialog, leave Record-Route alone (RFC 3261 16.6 step 4)") {
    ProxyBench bench;
    bench.relays({kBob}, {.record_route = false});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    CHECK_FALSE(bench.bob.receives("INVITE")->has(HeaderId::record_route));
    bench.relays({kBob});
    bench.alice.sends("MESSAGE", "sip:bob@example.test");
    CHECK_FALSE(bench.bob.receives("MESSAGE")->has(HeaderId::record_route));
    bench.alice.sends("SUBSCRIBE", "sip:bob@example.test");
    CHECK(bench.bob.receives("SUBSCRIBE")->has(HeaderId::record_route));
}

TEST_CASE("an ACK that leads nowhere but here is dropped and counted") {
    ProxyBench bench;
    bench.alice.sends_bytes(request("sip:192.0.2.10", "", "ACK"));
    bench.alice.sends_bytes(request("sip:bob@example.test", "Route: <sip:192.0.2.10;lr>\r\n", "ACK"));
    bench.run();
    CHECK(bench.counted("viaduct_proxy_acks_total") == 2);
    CHECK(bench.metrics.counter("viaduct_proxy_acks_total", "", "outcome=\"dropped\"").value() == 2);
}
