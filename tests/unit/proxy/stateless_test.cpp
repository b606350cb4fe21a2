// stateless_test: forwarding without transactions (RFC 3261 section 16.11).
// SPDX-License-Identifier: Apache-2.0
#include "proxy_bench.hpp"

using namespace viaduct;
using namespace viaduct::proxy;

namespace {

struct StatelessBench : ProxyBench {
    StatelessBench() {
        handler.script = [](const Context& context) { context->forward(targets({kBob}).front()); };
    }
};

}  // namespace

TEST_CASE("a request forwarded statelessly and its response find their way (RFC 3261 section 16.11)") {
    StatelessBench bench;
    bench.alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bench.bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->request_uri_text() == kBob);
    CHECK(invite->max_forwards() == 69U);
    CHECK(bench.proxy().requests_under_way() == 0);
    bench.bob.responds(200);
    const auto answer = bench.alice.receives(200);
    REQUIRE(answer);
    CHECK(answer->values(HeaderId::via).size() == 1);
}

TEST_CASE("a retransmission gets the same branch (RFC 3261 section 16.11)") {
    StatelessBench bench;
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.alice.repeats();
    const auto first = bench.bob.receives("INVITE"), second = bench.bob.receives("INVITE");
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->top_via()->text == second->top_via()->text);
}

TEST_CASE("CANCEL and a failure's ACK follow their INVITE with its branch (RFC 3261 sections 16.10 and 16.11)") {
    StatelessBench bench;
    bench.alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bench.bob.receives("INVITE");
    REQUIRE(invite);
    bench.alice.cancels();
    const auto cancel = bench.bob.receives("CANCEL");
    REQUIRE(cancel);
    CHECK(cancel->top_via()->branch == invite->top_via()->branch);
    CHECK(cancel->request_uri_text() == kBob);
    bench.bob.responds(200);
    bench.bob.responds(487);
    REQUIRE(bench.alice.receives(487));
    const auto ack = bench.bob.receives("ACK");
    REQUIRE(ack);
    CHECK(ack->top_via()->branch == invite->top_via()->branch);
}

TEST_CASE("a stray response goes on only when its top Via is a stateless one of ours") {
    StatelessBench bench;
    const auto response = [](const std::string& via) {
        return "SIP/2.0 200 OK\r\nVia: " + via +
               "\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa\r\nFrom: <sip:alice@example.test>;tag=1\r\n"
               "To: <sip:bob@example.test>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
    };
    bench.bob.sends_bytes(response("SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKforeign"));
    bench.bob.sends_bytes(response("SIP/2.0/UDP 192.0.2.77:5060;branch=z9hG4bKs0123456789abcdef.0123456789abcdef"));
    CHECK_FALSE(bench.alice.receives(200));
    bench.bob.sends_bytes(response("SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKs0123456789abcdef.0123456789abcdef"));
    CHECK_FALSE(bench.alice.receives(200));  // looks like ours, but we did not write it
    // The one with another's sent-by was dropped by the transport already (section 18.1.2).
    CHECK(bench.counted("viaduct_proxy_responses_dropped_total") == 2);
}

TEST_CASE("a true stateless branch of ours carries no response to anybody else than the request came from") {
    StatelessBench bench;
    bench.alice.sends("MESSAGE", "sip:bob@example.test");
    const auto request = bench.bob.receives("MESSAGE");
    REQUIRE(request);
    const std::string ours{request->top_via()->text};
    bench.bob.sends_bytes("SIP/2.0 200 OK\r\nVia: " + ours +
                          "\r\nVia: SIP/2.0/UDP 192.0.2.3:5060;branch=z9hG4bKa\r\nFrom: <sip:x@y>;tag=1\r\n"
                          "To: <sip:bob@example.test>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n"
                          "Content-Length: 0\r\n\r\n");
    CHECK_FALSE(bench.carol.receives(200));
    REQUIRE(bench.bob.responds(200));
    CHECK(bench.alice.receives(200));
}

TEST_CASE("a response to an RFC 2543 request, without the magic cookie, finds its way back (section 16.11)") {
    StatelessBench bench;
    bench.alice.sends("MESSAGE", "sip:bob@example.test", {{"Via", "SIP/2.0/UDP 192.0.2.1:5060"}});
    REQUIRE(bench.bob.responds(200));
    CHECK(bench.alice.receives(200));
}

TEST_CASE("forwarding statelessly along the Request-URI, or nowhere") {
    ProxyBench bench;
    bench.handler.script = [](const ProxyBench::Context& context) { context->forward(std::nullopt); };
    bench.alice.sends("MESSAGE", kBob);
    CHECK(bench.bob.receives("MESSAGE"));
    bench.alice.sends("MESSAGE", "sip:bob@example.test");
    CHECK(bench.alice.receives(404));
}
