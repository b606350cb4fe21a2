// Streams: framing, reuse, limits, deadlines. RFC 3261 section 18, RFC 5626 section 4.4.1, RFC 5923.
// SPDX-License-Identifier: Apache-2.0
#include "transport_fixture.hpp"

using namespace viaduct;
using namespace viaduct::test;
using viaduct::transport::Destination;

namespace {

const std::string kVia = "SIP/2.0/TCP 198.51.100.7:40000;branch=z9hG4bKa";
const Destination kBob{Transport::tcp, address("198.51.100.9:5060")};

boost::system::error_code reset() { return make_error_code(boost::system::errc::connection_reset); }

}  // namespace

TEST_CASE("a message in pieces arrives whole, and its answer takes the same connection", "[RFC 3261 18.2.2]") {
    TransportFixture proxy;
    const auto alice = proxy.accepts();
    const std::string text = options_request(kVia);
    proxy.layer.on_received(alice, text.substr(0, 40));
    CHECK(proxy.user.messages.empty());
    proxy.layer.on_received(alice, text.substr(40));
    REQUIRE(proxy.user.messages.size() == 1);

    const auto response = parsed(ok_response(kVia));
    REQUIRE(proxy.layer.send_response(response, proxy.user.flows[0]));
    CHECK(proxy.network.streams[alice].written == response.text());
}

TEST_CASE("a double CRLF is answered by a single one", "[RFC 5626 4.4.1]") {
    TransportFixture proxy;
    const auto alice = proxy.accepts();
    proxy.layer.on_received(alice, "\r\n\r\n");
    CHECK(proxy.network.streams[alice].written == "\r\n");
    CHECK(proxy.user.keep_alives.size() == 1);
}

TEST_CASE("a message without Content-Length on a stream is answered 400 and ends it", "[RFC 3261 18.3]") {
    TransportFixture proxy;
    const auto alice = proxy.accepts();
    std::string text = options_request(kVia);
    text.erase(text.find("Content-Length"), 19);
    proxy.layer.on_received(alice, text);
    CHECK(proxy.network.streams[alice].written.starts_with("SIP/2.0 400 "));
    CHECK(proxy.network.streams[alice].closed);
    CHECK_FALSE(proxy.network.streams[alice].aborted);  // the answer must get out
    CHECK(proxy.user.closed.size() == 1);
    CHECK(proxy.layer.connection_count() == 0);
}

TEST_CASE("another protocol on a stream ends it") {
    TransportFixture proxy;
    const auto mallory = proxy.accepts();
    proxy.layer.on_received(mallory, "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    CHECK(proxy.network.streams[mallory].closed);
    CHECK(proxy.counted("viaduct_transport_connections_closed_total", "reason=\"fault\"") == 1);
}

TEST_CASE("a request over TCP connects, and is written once connected") {
    TransportFixture proxy;
    const auto request = parsed(options_request("SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKa"));
    const auto flow = proxy.layer.send_request(request, kBob, {});
    REQUIRE(flow);
    const auto stream = proxy.network.last_stream;
    CHECK(proxy.network.streams[stream].to == kBob.address);
    CHECK(proxy.network.streams[stream].written.empty());
    CHECK_FALSE(proxy.layer.is_open(flow->connection));
    proxy.layer.on_connected(stream, address("192.0.2.1:41000"));
    CHECK(proxy.network.streams[stream].written == request.text());
    CHECK(proxy.layer.is_open(flow->connection));
}

TEST_CASE("an open connection to the address is used again", "[RFC 5923 5]") {
    TransportFixture proxy;
    const auto request = parsed(options_request("SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKa"));
    const auto first = proxy.layer.send_request(request, kBob, {});
    const auto second = proxy.layer.send_request(request, kBob, {});
    REQUIRE((first && second));
    CHECK(first->connection == second->connection);
    CHECK(proxy.layer.connection_count() == 1);
}

TEST_CASE("a peer's own connection is used when it declared the port its alias", "[RFC 5923 5]") {
    TransportFixture proxy;
    const auto peer = proxy.accepts("198.51.100.9:40000");
    const auto request = parsed(options_request("SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKa"));
    proxy.layer.on_received(peer, options_request("SIP/2.0/TCP 198.51.100.9:5060;branch=z9hG4bKa;alias"));
    REQUIRE(proxy.layer.send_request(request, kBob, {}));
    CHECK(proxy.network.streams[peer].written == request.text());

    // Only as its own address: the socket knows better than the Via.
    const auto mallory = proxy.accepts("203.0.113.66:40000");
    proxy.layer.on_received(mallory, options_request("SIP/2.0/TCP 198.51.100.10:5060;branch=z9hG4bKb;alias"));
    REQUIRE(proxy.layer.send_request(request, {Transport::tcp, address("198.51.100.10:5060")}, {}));
    CHECK(proxy.network.streams[mallory].written.empty());
}

TEST_CASE("a refused connection fails what waits for it") {
    TransportFixture proxy;
    error_code told;
    const auto request = parsed(options_request("SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKa"));
    REQUIRE(proxy.layer.send_request(request, kBob, [&](error_code error) { told = error; }));
    proxy.layer.on_closed(proxy.network.last_stream, make_error_code(boost::system::errc::connection_refused));
    CHECK(told == make_error_code(boost::system::errc::connection_refused));
    CHECK(proxy.counted("viaduct_transport_connections_closed_total", "reason=\"connect\"") == 1);
}

TEST_CASE("bytes that were still queued when the connection broke are reported, those written are not") {
    TransportFixture proxy;
    int failures = 0;
    const auto alice = proxy.accepts();
    proxy.layer.on_received(alice, options_request(kVia));
    const Flow flow = proxy.user.flows.at(0);
    const auto response = parsed(ok_response(kVia));
    REQUIRE(proxy.layer.send_response(response, flow, [&](error_code) { ++failures; }));
    proxy.network.stuck = true;
    REQUIRE(proxy.layer.send_response(response, flow, [&](error_code) { failures += 10; }));
    proxy.layer.on_closed(alice, reset());
    CHECK(failures == 10);
}

TEST_CASE("a response whose connection is gone goes over a new one to received and the sent-by's port",
          "[RFC 3261 18.2.2]") {
    TransportFixture proxy;
    const auto alice = proxy.accepts();
    proxy.layer.on_received(alice, options_request(kVia));
    proxy.layer.on_closed(alice, reset());
    const auto response =
        parsed(ok_response("SIP/2.0/TCP phone.example.test:5062;received=198.51.100.7;rport=40000;branch=z9hG4bKa"));
    const auto sent = proxy.layer.send_response(response, proxy.user.flows.at(0));
    REQUIRE(sent);
    CHECK(sent->remote == address("198.51.100.7:5062"));
}

TEST_CASE("a request down a flow whose connection is gone fails, it does not search", "[RFC 5626 5.3]") {
    TransportFixture proxy;
    const auto alice = proxy.accepts();
    proxy.layer.on_received(alice, options_request(kVia));
    const Flow flow = proxy.user.flows.at(0);
    proxy.layer.on_closed(alice, reset());
    proxy.accepts();  // the same slot, another generation
    const auto request = parsed(options_request("SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKa"));
    CHECK_FALSE(proxy.layer.send_request(request, Destination::of(flow), {}));
    CHECK(proxy.counted("viaduct_transport_unsent_total", "reason=\"not_connected\"") == 1);
}

TEST_CASE("connections above the limits are refused and counted") {
    TransportFixture proxy{{.connections = 3, .connections_per_address = 2}};
    proxy.accepts("198.51.100.7:1");
    proxy.accepts("198.51.100.7:2");
    const auto third = proxy.accepts("198.51.100.7:3");
    CHECK(proxy.network.streams[third].aborted);
    proxy.accepts("198.51.100.8:1");
    const auto fifth = proxy.accepts("198.51.100.9:1");
    CHECK(proxy.network.streams[fifth].aborted);
    CHECK(proxy.counted("viaduct_transport_connections_refused_total", "reason=\"address\"") == 1);
    CHECK(proxy.counted("viaduct_transport_connections_refused_total", "reason=\"total\"") == 1);
    CHECK(proxy.layer.connection_count() == 3);
    CHECK(proxy.user.closed.empty());
}

TEST_CASE("a closed connection gives its place back to its address") {
    TransportFixture proxy{{.connections_per_address = 1}};
    const auto first = proxy.accepts();
    proxy.layer.on_closed(first, reset());
    CHECK_FALSE(proxy.network.streams[proxy.accepts()].closed);
}

TEST_CASE("one that lingers after its closing keeps its place until it is gone") {
    TransportFixture proxy{{.connections = 3, .connections_per_address = 1}};
    proxy.network.lingering = true;
    const auto first = proxy.accepts();
    proxy.layer.on_received(first, "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(proxy.network.streams[first].closed);
    CHECK(proxy.layer.connection_count() == 0);
    CHECK(proxy.counted("viaduct_transport_connections_lingering") == 1);
    CHECK(proxy.network.streams[proxy.accepts()].aborted);
    CHECK(proxy.counted("viaduct_transport_connections_refused_total", "reason=\"address\"") == 1);
    proxy.layer.on_gone(first);
    CHECK(proxy.counted("viaduct_transport_connections_lingering") == 0);
    CHECK_FALSE(proxy.network.streams[proxy.accepts()].closed);
}

TEST_CASE("connections opened to one address are limited; the send fails at once and is counted") {
    TransportFixture proxy{{.connections_to_address = 2}};
    proxy.network.lingering = true;
    const auto request = parsed(options_request("SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKa"));
    const auto send_to = [&](std::string_view to) {
        return proxy.layer.send_request(request, {Transport::tcp, address(to)}, {});
    };
    proxy.accepts("198.51.100.9:40000");  // what its host opens is not what we do
    const auto first = send_to("198.51.100.9:1");
    REQUIRE((first && send_to("198.51.100.9:2")));
    const auto refused = send_to("198.51.100.9:3");
    CHECK(refused.error() == make_error_code(boost::system::errc::too_many_files_open));
    CHECK(proxy.counted("viaduct_transport_connections_refused_total", "reason=\"destination\"") == 1);
    CHECK(proxy.counted("viaduct_transport_unsent_total", "reason=\"limit\"") == 1);
    CHECK(send_to("198.51.100.9:2"));
    CHECK(send_to("198.51.100.10:3"));
    proxy.layer.close(first->connection, false);
    CHECK_FALSE(send_to("198.51.100.9:3"));
    proxy.layer.on_gone(1 + 1);  // the second stream: after the accepted one
    CHECK(send_to("198.51.100.9:3"));
}

TEST_CASE("a connection that says nothing whole in time is dropped") {
    TransportFixture proxy{{.first_message_timeout = 10s}};
    const auto mute = proxy.accepts("198.51.100.7:1"), polite = proxy.accepts("198.51.100.7:2");
    proxy.layer.on_received(polite, "\r\n\r\n");
    proxy.workers.advance(10s + 10ms);
    CHECK(proxy.network.streams[mute].closed);
    CHECK_FALSE(proxy.network.streams[polite].closed);
    CHECK(proxy.user.closed.size() == 1);
    CHECK(proxy.counted("viaduct_transport_connections_closed_total", "reason=\"first_message\"") == 1);
}

TEST_CASE("a message that trickles in is dropped at its deadline, however often a byte comes") {
    TransportFixture proxy{{.message_timeout = 10s}};
    const auto loris = proxy.accepts();
    proxy.layer.on_received(loris, "\r\n\r\n");
    const std::string text = options_request(kVia);
    for (std::size_t i = 0; i < 12 && !proxy.network.streams[loris].closed; ++i) {
        proxy.layer.on_received(loris, text.substr(i, 1));
        proxy.workers.advance(1s);
    }
    CHECK(proxy.network.streams[loris].closed);
    CHECK(proxy.counted("viaduct_transport_connections_closed_total", "reason=\"slow_message\"") == 1);
}

TEST_CASE("an idle connection is closed, and activity puts that off") {
    TransportFixture proxy{{.idle_timeout = 60s}};
    const auto alice = proxy.accepts();
    proxy.layer.on_received(alice, "\r\n\r\n");
    proxy.workers.advance(50s);
    proxy.layer.on_received(alice, "\r\n\r\n");
    proxy.workers.advance(50s);
    CHECK_FALSE(proxy.network.streams[alice].closed);
    proxy.workers.advance(11s);
    CHECK(proxy.network.streams[alice].closed);
    CHECK(proxy.counted("viaduct_transport_connections_closed_total", "reason=\"idle\"") == 1);
}

TEST_CASE("a peer that reads slowly keeps its connection, until it has taken nothing for the write deadline") {
    TransportFixture proxy{{.write_timeout = 10s}};
    const auto alice = proxy.accepts();
    proxy.layer.on_received(alice, options_request(kVia));
    proxy.network.stuck = true;
    auto& stream = proxy.network.streams[alice];
    for (int i = 0; i < 8; ++i) {
        REQUIRE(proxy.layer.send_response(parsed(ok_response(kVia)), proxy.user.flows.at(0)));
    }
    for (int i = 0; i < 6; ++i) {
        proxy.workers.advance(9s);
        stream.queued -= 100;
        proxy.layer.on_progress(alice);
    }
    CHECK_FALSE(stream.closed);
    proxy.workers.advance(9900ms);
    CHECK_FALSE(stream.closed);
    proxy.workers.advance(200ms);
    CHECK(stream.aborted);
    CHECK(proxy.counted("viaduct_transport_connections_closed_total", "reason=\"write\"") == 1);
}

TEST_CASE("writing more to a peer that does not read puts the write deadline off no further") {
    TransportFixture proxy{{.write_timeout = 10s}};
    const auto alice = proxy.accepts();
    proxy.layer.on_received(alice, options_request(kVia));
    proxy.network.stuck = true;
    for (int i = 0; i < 11 && !proxy.network.streams[alice].closed; ++i) {
        REQUIRE(proxy.layer.send_response(parsed(ok_response(kVia)), proxy.user.flows.at(0)));
        proxy.workers.advance(1s);
    }
    CHECK(proxy.network.streams[alice].aborted);
}

TEST_CASE("of a queue that never runs dry only what is still in it is reported when the connection breaks") {
    TransportFixture proxy;
    std::string failures;
    const auto alice = proxy.accepts();
    proxy.layer.on_received(alice, options_request(kVia));
    const auto response = parsed(ok_response(kVia));
    const std::size_t size = response.text().size();
    proxy.network.stuck = true;
    for (const char one : {'a', 'b', 'c'}) {
        REQUIRE(proxy.layer.send_response(response, proxy.user.flows.at(0), [&, one](error_code) { failures += one; }));
    }
    proxy.network.streams[alice].queued -= size + 1;  // the first, and one byte of the second
    proxy.layer.on_progress(alice);
    REQUIRE(proxy.layer.send_response(response, proxy.user.flows.at(0), [&](error_code) { failures += 'd'; }));
    proxy.network.streams[alice].queued -= size;
    proxy.layer.on_progress(alice);
    proxy.layer.on_closed(alice, reset());
    CHECK(failures == "cd");
}

TEST_CASE("a peer that does not read is dropped when its queue does not drain") {
    TransportFixture proxy{{.write_timeout = 10s}};
    const auto alice = proxy.accepts();
    proxy.layer.on_received(alice, options_request(kVia));
    proxy.network.stuck = true;
    REQUIRE(proxy.layer.send_response(parsed(ok_response(kVia)), proxy.user.flows.at(0)));
    proxy.workers.advance(11s);
    CHECK(proxy.network.streams[alice].aborted);
    CHECK(proxy.counted("viaduct_transport_connections_closed_total", "reason=\"write\"") == 1);
}

TEST_CASE("a drained queue ends the write deadline") {
    TransportFixture proxy{{.write_timeout = 10s}};
    const auto alice = proxy.accepts();
    proxy.layer.on_received(alice, options_request(kVia));
    proxy.network.stuck = true;
    REQUIRE(proxy.layer.send_response(parsed(ok_response(kVia)), proxy.user.flows.at(0)));
    proxy.network.streams[alice].queued = 0;
    proxy.layer.on_writable(alice);
    proxy.workers.advance(11s);
    CHECK_FALSE(proxy.network.streams[alice].closed);
}

TEST_CASE("a queue above its limit drops the connection") {
    TransportFixture proxy{{.write_queue_bytes = 500}};
    int failures = 0;
    const auto alice = proxy.accepts();
    proxy.layer.on_received(alice, options_request(kVia));
    proxy.network.stuck = true;
    const auto response = parsed(ok_response(kVia));
    REQUIRE(proxy.layer.send_response(response, proxy.user.flows.at(0), [&](error_code) { ++failures; }));
    CHECK_FALSE(proxy.layer.send_bytes(std::string(400, 'x'), proxy.user.flows.at(0)));
    CHECK(proxy.network.streams[alice].aborted);
    CHECK(failures == 0);  // never from inside a call
    proxy.workers.run();
    CHECK(failures == 1);
    CHECK(proxy.user.closed.size() == 1);
}

TEST_CASE("connecting has a deadline") {
    TransportFixture proxy{{.connect_timeout = 4s}};
    error_code told;
    const auto request = parsed(options_request("SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKa"));
    REQUIRE(proxy.layer.send_request(request, kBob, [&](error_code error) { told = error; }));
    proxy.workers.advance(4s + 10ms);
    CHECK(told == make_error_code(boost::system::errc::timed_out));
    CHECK(proxy.layer.connection_count() == 0);
}

TEST_CASE("a handler may close the connection its message came on") {
    TransportFixture proxy;
    const auto alice = proxy.accepts();
    proxy.user.then = [&] { proxy.layer.close(proxy.user.flows.back().connection, true); };
    proxy.layer.on_received(alice, options_request(kVia) + options_request(kVia));
    CHECK(proxy.user.messages.size() == 1);
    CHECK(proxy.network.streams[alice].aborted);
    proxy.workers.run();
    CHECK(proxy.user.closed.size() == 1);
}
