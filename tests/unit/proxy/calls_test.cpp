// calls_test: a call through the whole proxy, from INVITE to BYE.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "proxy_bench.hpp"

using namespace viaduct;
using namespace viaduct::proxy;

namespace {

// A Record-Route value less what differs from call to call.
std::string without_mark(std::string_view route) {
    const auto begin = route.find(";call="), end = route.find_first_of(";>", begin + 1);
    return std::string{route.substr(0, begin)}.append(route.substr(end));
}

}  // namespace

TEST_CASE("a call is set up and ended through the proxy (RFC 3261 section 16)") {
    ProxyBench bench;
    bench.relays({kBob});

    bench.alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bench.bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->request_uri_text() == kBob);                  // section 16.6 step 2
    CHECK(invite->max_forwards() == 69U);                       // step 3
    CHECK(invite->values(HeaderId::record_route).size() == 1);  // step 4
    CHECK(invite->header("Max-Breadth") == "60");               // RFC 5393 section 5.3.3
    CHECK(invite->values(HeaderId::via).size() == 2);           // step 8
    CHECK(invite->top_via()->host == "192.0.2.10");
    CHECK(invite->top_via()->has_rport);

    bench.bob.responds(180);
    const auto ringing = bench.alice.receives(180);
    REQUIRE(ringing);
    CHECK(ringing->values(HeaderId::via).size() == 1);  // section 16.7 step 3
    CHECK(ringing->values(HeaderId::record_route).size() == 1);
    bench.bob.responds(200);
    REQUIRE(bench.alice.receives(200));
    CHECK(bench.answers == std::vector{200});

    bench.alice.acknowledges();
    const auto ack = bench.bob.receives("ACK");
    REQUIRE(ack);
    CHECK(ack->max_forwards() == 69U);
    CHECK_FALSE(ack->has(HeaderId::route));  // section 16.4
    CHECK(ack->request_uri_text() == bench.bob.contact());
    CHECK(ack->top_via()->host == "192.0.2.10");

    bench.relays({});
    bench.bob.hangs_up();
    const auto bye = bench.alice.receives("BYE");
    REQUIRE(bye);
    CHECK(bye->request_uri_text() == bench.alice.contact());
    CHECK_FALSE(bye->has(HeaderId::record_route));
    bench.alice.responds(200);
    CHECK(bench.bob.receives(200));
    CHECK(bench.proxy().requests_under_way() == 0);
}

TEST_CASE("retransmitted 2xx go up each time, through the same hooks (RFC 6026 section 8.5)") {
    ProxyBench bench;
    int seen = 0;
    bench.handler.script = [&](const ProxyBench::Context& context) {
        context->on_response([&](Message& response) {
            ++seen;
            response.append("X-Seen", std::to_string(seen));
        });
        context->relay(ProxyBench::targets({kBob}), {},
                       [context](Answer answer) { context->finish_with(std::move(answer)); });
    };
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.bob.responds(200);
    bench.bob.repeats();
    CHECK(bench.alice.receives(200)->header("X-Seen") == "1");
    CHECK(bench.alice.receives(200)->header("X-Seen") == "2");
}

TEST_CASE("a call between two transports gets a Record-Route value for each side (RFC 5658)") {
    ProxyBench bench;
    bench.relays({kDave});
    bench.alice.sends("INVITE", "sip:dave@example.test");
    const auto invite = bench.dave.receives("INVITE");
    REQUIRE(invite);
    const auto routes = invite->values(HeaderId::record_route);
    REQUIRE(routes.size() == 2);
    CHECK(without_mark(routes[0]) == "<sip:192.0.2.10:5060;transport=tcp;lr;r2=on>");
    CHECK(without_mark(routes[1]) == "<sip:192.0.2.10:5060;lr;r2=on>");
    bench.dave.responds(200);
    REQUIRE(bench.alice.receives(200));

    bench.alice.acknowledges();
    const auto ack = bench.dave.receives("ACK");
    REQUIRE(ack);
    CHECK_FALSE(ack->has(HeaderId::route));  // both were ours
    CHECK(ack->top_via()->transport == "TCP");

    bench.relays({});
    bench.dave.hangs_up();
    const auto bye = bench.alice.receives("BYE");
    REQUIRE(bye);
    CHECK_FALSE(bye->has(HeaderId::route));
    CHECK(bye->top_via()->transport == "UDP");
}

TEST_CASE("later requests reach a caller behind NAT by the way its INVITE came (RFC 5626 section 5.3)") {
    ProxyBench bench;
    bench.relays({kBob});
    // As a phone at 10.1.1.1 would say it, seen at 192.0.2.1.
    bench.alice.sends(
        "INVITE", "sip:bob@example.test",
        {{"Via", "SIP/2.0/UDP 10.1.1.1:5099;rport;branch=z9hG4bKnat"}, {"Contact", "<sip:alice@10.1.1.1:5099>"}});
    const auto invite = bench.bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->values(HeaderId::record_route).size() == 2);
    bench.bob.responds(200);
    REQUIRE(bench.alice.receives(200));

    bench.relays({});
    bench.bob.hangs_up();
    const auto bye = bench.alice.receives("BYE");
    REQUIRE(bye);
    CHECK(bye->request_uri_text() == "sip:alice@10.1.1.1:5099");
}

TEST_CASE("later requests reach a callee registered over a connection by that connection") {
    ProxyBench bench;
    Flow flow;
    bench.handler.script = [&](const ProxyBench::Context& context) {
        flow = context->flow();
        context->finish_with(Response{200});
    };
    bench.dave.sends("REGISTER", "sip:example.test");
    REQUIRE(bench.dave.receives(200));

    Target target;
    target.uri = Uri::parse("sip:dave@unreachable.invalid;transport=tcp").value();
    target.flow = flow;
    bench.relays_to({target});
    bench.alice.sends("INVITE", "sip:dave@example.test");
    REQUIRE(bench.dave.receives("INVITE"));
    bench.dave.responds(200, {{"Contact", "<sip:dave@unreachable.invalid;transport=tcp>"}});
    REQUIRE(bench.alice.receives(200));
    bench.alice.acknowledges();
    CHECK(bench.dave.receives("ACK"));
    bench.relays({});
    bench.alice.hangs_up();
    CHECK(bench.dave.receives("BYE"));
}

TEST_CASE(
    "a side that sends by another flow than before is sent later requests of the dialog there (RFC 5626 section 5.3)") {
    ProxyBench bench;
    bench.relays({kBob});
    bench.dave.sends("INVITE", "sip:bob@example.test", {{"Contact", "<sip:dave@unreachable.invalid;transport=tcp>"}});
    REQUIRE(bench.bob.receives("INVITE"));
    bench.bob.responds(200);
    REQUIRE(bench.dave.receives(200));
    bench.dave.acknowledges();
    REQUIRE(bench.bob.receives("ACK"));
    bench.relays({});
    bench.dave.closes_connection();
    bench.run();
    const bool says_so = GENERATE(true, false);
    if (says_so) {
        bench.dave.sends_in_dialog("INFO");
        REQUIRE(bench.bob.receives("INFO"));
        bench.bob.responds(200);
        REQUIRE(bench.dave.receives(200));
    }
    bench.bob.hangs_up();
    CHECK(bench.dave.receives("BYE").has_value() == says_so);
}

TEST_CASE("over UDP a new source is the way back only for who asks for rport (RFC 3581 section 4)") {
    ProxyBench bench;
    bench.relays({"sip:dave@192.0.2.4;transport=tcp"});
    bench.alice.sends(
        "INVITE", "sip:dave@example.test",
        {{"Via", "SIP/2.0/UDP 10.1.1.1:5099;rport;branch=z9hG4bKnat"}, {"Contact", "<sip:alice@10.1.1.1:5099>"}});
    REQUIRE(bench.dave.receives("INVITE"));
    bench.dave.responds(200);
    const auto answered = bench.alice.receives(200);
    REQUIRE(answered);
    bench.alice.acknowledges();
    bench.relays({});
    // Carol's address plays alice's new one.
    const bool asks = GENERATE(true, false);
    const auto routes = answered->values(HeaderId::record_route);
    REQUIRE(routes.size() == 2);
    bench.carol.sends_bytes(fmt::format(
        "INFO sip:dave@192.0.2.4;transport=tcp SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.3:5060;branch=z9hG4bKmoved{}\r\n"
        "Route: {}, {}\r\nMax-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 7 INFO\r\n"
        "Content-Length: 0\r\n\r\n",
        asks ? ";rport" : "", routes[1], routes[0], *answered->header(HeaderId::from), *answered->header(HeaderId::to),
        answered->call_id()));
    bench.run();
    REQUIRE(bench.dave.receives("INFO"));
    bench.dave.responds(200);
    bench.dave.hangs_up();
    CHECK(bench.carol.receives("BYE").has_value() == asks);
    CHECK(bench.alice.receives("BYE").has_value() != asks);
}

TEST_CASE("a call between IPv4 and IPv6 stays on the proxy, each side by its own address (RFC 5658)") {
    ProxyBench bench;
    simulation::Phone erin{bench.wire,
                           {"erin",
                            Transport::udp,
                            *SocketAddress::from_text("[2001:db8::2]:5060"),
                            *SocketAddress::from_text("[2001:db8::10]:5060"),
                            "example.test",
                            {}},
                           [&bench] { bench.run(); }};
    bench.also = [&erin] { erin.deliver_due(); };
    bench.relays({"sip:erin@[2001:db8::2]"});
    bench.alice.sends("INVITE", "sip:erin@example.test");
    const auto invite = erin.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->top_via()->host == "[2001:db8::10]");
    const auto routes = invite->values(HeaderId::record_route);
    REQUIRE(routes.size() == 2);
    CHECK(without_mark(routes[0]) == "<sip:[2001:db8::10]:5060;lr;r2=on>");
    CHECK(without_mark(routes[1]) == "<sip:192.0.2.10:5060;lr;r2=on>");
    erin.responds(200);
    REQUIRE(bench.alice.receives(200));
    bench.alice.acknowledges();
    CHECK(erin.receives("ACK"));
    bench.relays({});
    erin.hangs_up();
    const auto bye = bench.alice.receives("BYE");
    REQUIRE(bye);
    CHECK(bye->top_via()->host == "192.0.2.10");
    bench.also = nullptr;
}

TEST_CASE("hooks see every branch's response, but not what the proxy itself called off") {
    ProxyBench bench;
    std::string seen;
    bench.handler.script = [&](const ProxyBench::Context& context) {
        context->on_response([&seen](Message& response) { seen += std::to_string(response.status()) + " "; });
        context->relay(ProxyBench::targets({kBob, kCarol}), {},
                       [context](Answer answer) { context->finish_with(std::move(answer)); });
    };
    SECTION("INVITE") {
        bench.alice.sends("INVITE", "sip:group@example.test");
        bench.bob.responds(180);
        bench.carol.responds(486);
        bench.bob.responds(603);
        REQUIRE(bench.alice.receives(603));
        CHECK(seen == "180 486 603 ");
    }
    SECTION("MESSAGE") {
        bench.alice.sends("MESSAGE", "sip:group@example.test");
        bench.bob.responds(200);
        REQUIRE(bench.alice.receives(200));
        CHECK(seen == "200 ");
    }
}
