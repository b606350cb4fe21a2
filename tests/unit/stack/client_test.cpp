// The client side of the Stack: requests out, responses in, over UDP unless said otherwise.
// SPDX-License-Identifier: Apache-2.0
#include "stack_bench.hpp"

namespace viaduct::stack {
namespace {

TEST_CASE("an INVITE is repeated at 0.5, 1.5, 3.5, ... s and fails after 32 s (17.1.1.2)") {
    StackBench bench;
    const auto id = bench.stack->send_request(bench.forwarded("INVITE"), bench.bob());
    CHECK(bench.all_sent() == "INVITE");
    CHECK(bench.last_sent.to.text() == StackBench::kBob);
    bench.passes(499ms);
    CHECK(bench.all_sent().empty());
    bench.passes(2ms);
    CHECK(bench.all_sent() == "INVITE");
    bench.passes(31400ms);
    CHECK(bench.all_sent() == "INVITE, INVITE, INVITE, INVITE, INVITE");
    CHECK(bench.told().empty());
    bench.passes(200ms);
    CHECK(bench.told() == "timeout");
    CHECK(bench.user.client == id);
    CHECK(bench.stack->client_transactions() == 0);
}

TEST_CASE("a repeated request is the same to the byte (17.1.1.2)") {
    StackBench bench;
    bench.stack->send_request(bench.forwarded("MESSAGE"), bench.bob());
    bench.sends();
    const auto first = bench.last_sent.bytes;
    bench.passes(501ms);
    bench.sends();
    CHECK(bench.last_sent.bytes == first);
}

TEST_CASE("a non-INVITE request is repeated at T1, doubling to T2, then fails after 64*T1 (17.1.2.2)") {
    StackBench bench;
    bench.stack->send_request(bench.forwarded("OPTIONS"), bench.bob());
    bench.passes(7600ms);
    CHECK(bench.all_sent() == "OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS");
    bench.passes(4s);
    CHECK(bench.all_sent() == "OPTIONS");
    bench.passes(21s);
    CHECK(bench.told() == "timeout");
}

TEST_CASE("a provisional response stops the repetition of an INVITE and comes to the user, 100 too (17.1.1.2)") {
    StackBench bench;
    const auto id = bench.stack->send_request(bench.forwarded("INVITE"), bench.bob());
    const auto invite = bench.sends();
    bench.hears(bench.response(invite, 100), StackBench::kBob);
    bench.hears(bench.response(invite, 180), StackBench::kBob);
    CHECK(bench.told() == "100, 180");
    CHECK(bench.user.client == id);
    bench.passes(170s);
    CHECK(bench.all_sent().empty());
    CHECK(bench.told().empty());
}

TEST_CASE("a failure of an INVITE is acknowledged, again for each repetition, and told once (17.1.1.3)") {
    StackBench bench;
    bench.stack->send_request(bench.forwarded("INVITE", "Route: <sip:edge.test;lr>\r\n"), bench.bob());
    const auto invite = bench.sends();
    bench.hears(bench.response(invite, 486), StackBench::kBob);
    CHECK(bench.told() == "486");
    const auto ack = bench.sends();
    const auto bytes = bench.last_sent.bytes;
    CHECK(ack.method() == Method::ack);
    CHECK_FALSE(ack.check());
    CHECK(bench.last_sent.to.text() == StackBench::kBob);
    CHECK(ack.request_uri_text() == invite.request_uri_text());
    CHECK(ack.top_via()->branch == invite.top_via()->branch);
    CHECK(ack.values(HeaderId::via).size() == 1);
    CHECK(ack.values(HeaderId::route) == std::vector<std::string_view>{"<sip:edge.test;lr>"});
    CHECK(ack.header(HeaderId::from) == invite.header(HeaderId::from));
    CHECK(ack.to_tag() == "bob");
    CHECK(ack.header(HeaderId::cseq) == "7 ACK");

    bench.hears(bench.response(invite, 486), StackBench::kBob);
    CHECK(bench.told().empty());
    bench.sends();
    CHECK(bench.last_sent.bytes == bytes);
    bench.passes(32100ms);  // timer D
    CHECK(bench.stack->client_transactions() == 0);
    CHECK(bench.told().empty());
}

TEST_CASE("every 2xx to an INVITE comes to the user, what else comes then does not (RFC 6026)") {
    StackBench bench;
    bench.stack->send_request(bench.forwarded("INVITE"), bench.bob());
    const auto invite = bench.sends();
    bench.hears(bench.response(invite, 200, "one"), StackBench::kBob);
    bench.hears(bench.response(invite, 200, "one"), StackBench::kBob);
    bench.hears(bench.response(invite, 200, "two"), StackBench::kBob);
    bench.hears(bench.response(invite, 486), StackBench::kBob);
    bench.hears(bench.response(invite, 180), StackBench::kBob);
    CHECK(bench.told() == "200, 200, 200");
    CHECK(bench.all_sent().empty());
    bench.passes(32100ms);  // timer M
    CHECK(bench.stack->client_transactions() == 0);
    CHECK(bench.told().empty());
}

TEST_CASE("a final response to a non-INVITE comes to the user once (17.1.2.2)") {
    StackBench bench;
    bench.stack->send_request(bench.forwarded("MESSAGE"), bench.bob());
    const auto message = bench.sends();
    bench.hears(bench.response(message, 202), StackBench::kBob);
    bench.hears(bench.response(message, 202), StackBench::kBob);
    CHECK(bench.told() == "202");
    bench.passes(5100ms);  // timer K
    CHECK(bench.stack->client_transactions() == 0);
    CHECK(bench.all_sent().empty());
}

TEST_CASE("a response whose branch or CSeq method matches nothing is a stray one (17.1.3)") {
    StackBench bench;
    bench.stack->send_request(bench.forwarded("INVITE"), bench.bob());
    auto other = bench.sends();
    const auto branch = std::string{other.top_via()->branch};
    other.set(HeaderId::cseq, "7 MESSAGE");
    bench.hears(bench.response(other, 200), StackBench::kBob);
    CHECK(bench.told() == "stray 200");
    other.replace_first_value(HeaderId::via, "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKother");
    other.set(HeaderId::cseq, "7 INVITE");
    bench.hears(bench.response(other, 180), StackBench::kBob);
    CHECK(bench.told() == "stray 180");
}

TEST_CASE("an abandoned transaction absorbs its responses and still acknowledges a failure") {
    StackBench bench;
    const auto id = bench.stack->send_request(bench.forwarded("INVITE"), bench.bob());
    const auto invite = bench.sends();
    bench.stack->abandon(id);
    bench.hears(bench.response(invite, 180), StackBench::kBob);
    bench.hears(bench.response(invite, 486), StackBench::kBob);
    CHECK(bench.told().empty());
    CHECK(bench.all_sent() == "ACK");

    const auto silent = bench.stack->send_request(bench.forwarded("OPTIONS"), bench.bob());
    bench.stack->abandon(silent);
    bench.passes(33s);
    CHECK(bench.told().empty());
}

TEST_CASE("a request that cannot be sent fails later, never from inside send_request") {
    StackBench bench;
    const auto nowhere = transport::Destination{Transport::tls, *SocketAddress::from_text(StackBench::kBob), {}, {}};
    const auto id = bench.stack->send_request(bench.forwarded("INVITE"), nowhere);
    CHECK(bench.told().empty());
    bench.passes(1ms);
    CHECK(bench.told() == "transport_error");
    CHECK(bench.user.client == id);
    CHECK(bench.stack->client_transactions() == 0);
}

TEST_CASE("a refused datagram fails the request at once instead of after 32 s (18.4)") {
    StackBench bench;
    bench.stack->send_request(bench.forwarded("MESSAGE"), bench.bob());
    bench.network.events->on_datagram_refused(
        0, *SocketAddress::from_text(StackBench::kBob),
        boost::system::errc::make_error_code(boost::system::errc::connection_refused));
    bench.workers.run();
    CHECK(bench.told() == "transport_error");
}

struct OverTcp {
    OverTcp() {
        id = bench.stack->send_request(over_tcp("INVITE"), bench.bob(Transport::tcp));
        REQUIRE(bench.network.connecting.size() == 1);
        stream = bench.network.connecting.front();
        bench.network.events->on_connected(stream, *SocketAddress::from_text("192.0.2.10:40000"));
        bench.workers.run();
        invite = bench.sends();
    }
    Message over_tcp(const std::string& method) {
        Message message = bench.forwarded(method);
        const std::string branch{message.top_via()->branch};
        message.replace_first_value(HeaderId::via, "SIP/2.0/TCP 192.0.2.10:5060;branch=" + branch);
        return message;
    }
    void loses_connection() {
        bench.network.events->on_closed(stream,
                                        boost::system::errc::make_error_code(boost::system::errc::connection_reset));
        bench.workers.run();
    }
    StackBench bench;
    ClientTransactionId id;
    transport::StreamId stream = 0;
    Message invite;
};

TEST_CASE("over TCP nothing is repeated, and the failure's ACK goes down the same connection (17.1.1)") {
    OverTcp call;
    auto& bench = call.bench;
    bench.passes(10s);
    CHECK(bench.all_sent().empty());
    bench.hears_on(call.stream, bench.response(call.invite, 486));
    CHECK(bench.all_sent() == "ACK");
    CHECK(bench.last_sent.stream == call.stream);
    CHECK(bench.told() == "486");
    bench.passes(20ms);  // timer D is zero
    CHECK(bench.stack->client_transactions() == 0);
}

TEST_CASE("a lost connection fails every request that waits for an answer over it") {
    OverTcp call;
    auto& bench = call.bench;
    bench.hears_on(call.stream, bench.response(call.invite, 180));
    bench.stack->send_request(call.over_tcp("MESSAGE"), bench.bob(Transport::tcp));
    const auto answered = bench.stack->send_request(call.over_tcp("INVITE"), bench.bob(Transport::tcp));
    CHECK(bench.all_sent() == "MESSAGE, INVITE");
    bench.stack->abandon(answered);
    bench.stack->send_request(bench.forwarded("OPTIONS"), bench.bob());
    bench.told();

    call.loses_connection();
    CHECK(bench.told() == "transport_error, transport_error");
    CHECK(bench.stack->client_transactions() == 1);
}

TEST_CASE("a lost connection takes nothing from an INVITE that was answered 2xx (RFC 6026)") {
    OverTcp call;
    auto& bench = call.bench;
    bench.hears_on(call.stream, bench.response(call.invite, 200));
    call.loses_connection();
    CHECK(bench.told() == "200");
    CHECK(bench.stack->client_transactions() == 1);
}

TEST_CASE("a failure told to the user may start the next request at once") {
    OverTcp call;
    auto& bench = call.bench;
    call.loses_connection();
    CHECK(bench.told() == "transport_error");
    const auto next = bench.stack->send_request(bench.forwarded("INVITE"), bench.bob());
    CHECK(next != call.id);
    CHECK(bench.all_sent() == "INVITE");
}

TEST_CASE("thousands of transactions at once keep apart") {
    StackBench bench;
    std::vector<Message> sent;
    std::vector<ClientTransactionId> ids;
    for (int i = 0; i < 3000; ++i) {
        ids.push_back(bench.stack->send_request(bench.forwarded("OPTIONS"), bench.bob()));
        sent.push_back(bench.sends());
    }
    CHECK(bench.stack->client_transactions() == 3000);
    for (std::size_t i = 0; i < sent.size(); i += 7) {
        bench.hears(bench.response(sent[i], 200), StackBench::kBob);
        if (bench.user.client != ids[i]) FAIL("response " << i << " went to another transaction");
    }
    bench.passes(40s);
    CHECK(bench.stack->client_transactions() == 0);
}

}  // namespace
}  // namespace viaduct::stack
