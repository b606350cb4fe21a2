// websocket_layer: SIP over an open WebSocket (RFC 7118), its timers and limits.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "websocket_bench.hpp"

using namespace viaduct;
using namespace viaduct::websocket;

namespace {

const std::string kOptions =
    "OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks\r\n"
    "Max-Forwards: 70\r\nTo: <sip:example.test>\r\nFrom: <sip:alice@example.test>;tag=1\r\nCall-ID: a\r\n"
    "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

}  // namespace

TEST_CASE("a SIP message cut into two frames at any byte arrives whole (RFC 7118 section 5)") {
    WebSocketBench bench;
    for (std::size_t cut = 0; cut <= kOptions.size(); ++cut) {
        bench.receive(client_frame(0x01, kOptions.substr(0, cut)) + client_frame(0x80, kOptions.substr(cut)));
    }
    REQUIRE(bench.connection.messages.size() == kOptions.size() + 1);
    for (const auto& message : bench.connection.messages) REQUIRE(message == kOptions);
}

TEST_CASE("frames cut by reads at any byte arrive whole") {
    const std::string frames = text_frame(kOptions) + ping_frame("p") + binary_frame(kOptions);
    for (std::size_t cut = 0; cut <= frames.size(); ++cut) {
        WebSocketBench bench;
        bench.connection.receive(std::string_view{frames}.substr(0, cut));
        bench.connection.receive(std::string_view{frames}.substr(cut));
        REQUIRE(bench.connection.messages == std::vector<std::string>{kOptions, kOptions});
        REQUIRE(bench.said() == "pong:p");
    }
}

TEST_CASE("answers go out in the kind the peer uses; what is no text goes as binary (RFC 7118 section 5)") {
    WebSocketBench bench;
    bench.connection.send("SIP/2.0 200 OK");
    CHECK(bench.said() == "text:SIP/2.0 200 OK");
    bench.receive(binary_frame(kOptions));
    bench.connection.send("SIP/2.0 200 OK");
    CHECK(bench.said() == "binary:SIP/2.0 200 OK");
    bench.receive(text_frame(kOptions));
    bench.connection.send("SIP/2.0 200 \xff");
    CHECK(bench.said() == "binary:SIP/2.0 200 \xff");
    const std::string large(70000, 'x');
    bench.connection.send(large);
    CHECK(bench.said() == "text:" + large);
}

TEST_CASE("a keep-alive for the peer is a ping, its pong is a sign of life (RFC 7118 section 6)") {
    WebSocketBench bench;
    bench.connection.send("\r\n\r\n");
    CHECK(bench.said() == "ping:");
    bench.receive(client_frame(0x8a, ""));
    CHECK(bench.connection.alive == 1);
    bench.connection.send("\r\n");  // the answer to a peer that sent a double CRLF
    CHECK(bench.said() == "text:\r\n");
}

TEST_CASE("it says what it is once the 101 is out") {
    test::ManualWorkers workers;
    Metrics metrics;
    WebSocketCounters counters{metrics};
    const WebSocketSettings settings;
    test::StreamBench connection{workers};
    const auto remote = SocketAddress::from_text("203.0.113.9:5555");
    connection.begin(std::make_unique<WebSocketLayer>(workers, settings, counters, connection,
                                                      WebSocketPeer{.transport = Transport::wss, .remote = remote}));
    CHECK(connection.ready);
    CHECK(connection.transport == Transport::wss);
    CHECK(connection.remote == remote);
    CHECK(counters.connections == 1);
    connection.vanish();
    CHECK(counters.connections == 0);
}

TEST_CASE("a flood of pings gets few pongs, then the door") {
    WebSocketBench bench;
    std::string flood;
    for (int i = 0; i < 40; ++i) flood += ping_frame(std::to_string(i));
    CHECK(bench.receive(flood) == "pong:39");  // the latest only (RFC 6455 section 5.5.3)
    CHECK(bench.receive(flood) == "close:1008");
    CHECK(bench.closed("policy_violation") == 1);
}

TEST_CASE("pings at a human pace are answered for ever") {
    WebSocketBench bench;
    for (int i = 0; i < 500; ++i) {
        CHECK(bench.receive(ping_frame("x")) == "pong:x");
        bench.connection.advance(100ms);
    }
    CHECK_FALSE(bench.connection.ended);
}

TEST_CASE("a silent peer is pinged, then let go") {
    WebSocketBench bench;
    bench.connection.advance(29s);
    CHECK(bench.said() == "");
    bench.connection.advance(1s);
    CHECK(bench.said() == "ping:");
    SECTION("it answers: the next ping comes an interval later") {
        bench.receive(client_frame(0x8a, ""));
        bench.connection.advance(29s);
        CHECK(bench.said() == "");
        bench.connection.advance(1s);
        CHECK(bench.said() == "ping:");
    }
    SECTION("it does not") {
        bench.connection.advance(44s);
        CHECK_FALSE(bench.connection.ended);
        bench.connection.advance(1s);
        CHECK(bench.said() == "close:1001");
        REQUIRE(bench.connection.ended);
        CHECK(bench.closed("idle") == 1);
        CHECK(bench.closed("going_away") == 0);
    }
}

TEST_CASE("a message must be whole in time, however lively its bytes come") {
    WebSocketBench bench;
    const std::string frame = text_frame(kOptions);
    for (std::size_t i = 0; i < 11; ++i) {
        bench.connection.receive(frame.substr(i, 1));
        bench.connection.advance(1s);
    }
    CHECK(bench.said() == "close:1008");
    CHECK(bench.connection.ended);
}

TEST_CASE("messages that follow each other without a pause are no slow message") {
    WebSocketBench bench;
    const std::string frame = text_frame(kOptions);
    bench.connection.receive(frame.substr(0, 10));
    for (int i = 0; i < 30; ++i) {
        bench.connection.advance(1s);
        bench.connection.receive(frame.substr(10) + frame.substr(0, 10));
    }
    CHECK_FALSE(bench.connection.ended);
    CHECK(bench.connection.messages.size() == 30);
}

TEST_CASE("when the server ends a connection it says 1001 (RFC 6455 section 7.4.1)") {
    WebSocketBench bench;
    bench.connection.close();
    CHECK(bench.said() == "close:1001");
    bench.connection.send("SIP/2.0 200 OK");
    CHECK(bench.said() == "");
}

TEST_CASE("an idle WebSocket costs well below a kilobyte") {
    CHECK(sizeof(WebSocketLayer) <= 512);  // buffers are empty; one timer besides
}
