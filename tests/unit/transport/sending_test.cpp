// What leaves: RFC 3261 sections 18.1.1 and 18.2.2, RFC 3581, RFC 5923.
// SPDX-License-Identifier: Apache-2.0
#include "transport_fixture.hpp"

using namespace viaduct;
using namespace viaduct::test;
using viaduct::transport::Destination;

namespace {

Flow udp_flow(std::string_view remote) { return {Transport::udp, 0, {}, address("192.0.2.1:5060"), address(remote)}; }

}  // namespace

TEST_CASE("a response over UDP goes to received and rport", "[RFC 3581 4]") {
    TransportFixture bob;
    const auto response =
        parsed(ok_response("SIP/2.0/UDP 10.0.0.1:5061;branch=z9hG4bKa;received=198.51.100.7;rport=31000"));
    REQUIRE(bob.layer.send_response(response, udp_flow("198.51.100.7:31000")));
    REQUIRE(bob.network.datagrams.size() == 1);
    CHECK(bob.network.datagrams[0].to == address("198.51.100.7:31000"));
    CHECK(bob.network.datagrams[0].bytes == response.text());
    CHECK(bob.network.datagrams[0].listener == 0);
}

TEST_CASE("without rport a response goes to the sent-by's port", "[RFC 3261 18.2.2]") {
    TransportFixture bob;
    const auto response = parsed(ok_response("SIP/2.0/UDP 10.0.0.1:5061;branch=z9hG4bKa;received=198.51.100.7"));
    REQUIRE(bob.layer.send_response(response, udp_flow("198.51.100.7:31000")));
    CHECK(bob.network.datagrams.at(0).to == address("198.51.100.7:5061"));
}

TEST_CASE("maddr comes before received", "[RFC 3261 18.2.2]") {
    TransportFixture bob;
    const auto response =
        parsed(ok_response("SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa;maddr=203.0.113.3;received=198.51.100.7"));
    REQUIRE(bob.layer.send_response(response, udp_flow("198.51.100.7:5060")));
    CHECK(bob.network.datagrams.at(0).to == address("203.0.113.3:5060"));
}

TEST_CASE("a response whose Via is no address and has no received cannot be sent") {
    TransportFixture bob;
    const auto response = parsed(ok_response("SIP/2.0/UDP phone.example.test;branch=z9hG4bKa"));
    CHECK_FALSE(bob.layer.send_stateless_response(response));
    CHECK(bob.counted("viaduct_transport_unsent_total", "reason=\"no_address\"") == 1);
}

TEST_CASE("a stateless response finds its way by the top Via alone", "[RFC 3261 16.11]") {
    TransportFixture bob;
    const auto response =
        parsed(ok_response("SIP/2.0/UDP phone.example.test;branch=z9hG4bKa;received=198.51.100.7;rport=31000"));
    REQUIRE(bob.layer.send_stateless_response(response));
    CHECK(bob.network.datagrams.at(0).to == address("198.51.100.7:31000"));
}

TEST_CASE("a request leaves from the listener of its transport and family") {
    TransportFixture bob;
    const auto request = parsed(options_request("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa"));
    REQUIRE(bob.layer.send_request(request, {Transport::udp, address("198.51.100.7:5060")}, {}));
    REQUIRE(bob.layer.send_request(request, {Transport::udp, address("[2001:db8::7]:5060")}, {}));
    REQUIRE(bob.layer.send_request(request, {Transport::udp, address("198.51.100.7:5060"), std::uint16_t{3}}, {}));
    CHECK(bob.network.datagrams.at(0).listener == 0);
    CHECK(bob.network.datagrams.at(1).listener == 2);
    CHECK(bob.network.datagrams.at(2).listener == 3);
    CHECK_FALSE(bob.layer.send_request(request, {Transport::tcp, address("[2001:db8::7]:5060")}, {}));
    CHECK(bob.counted("viaduct_transport_unsent_total", "reason=\"no_listener\"") == 1);
}

TEST_CASE("a request above the MTU goes over TCP where we have TCP", "[RFC 3261 18.1.1]") {
    TransportFixture bob;
    const Destination v4{Transport::udp, address("198.51.100.7:5060")},
        v6{Transport::udp, address("[2001:db8::7]:5060")};
    CHECK(bob.layer.transport_for(v4, 1300) == Transport::udp);
    CHECK(bob.layer.transport_for(v4, 1301) == Transport::tcp);
    CHECK(bob.layer.transport_for(v6, 1301) == Transport::udp);
}

TEST_CASE("an ICMP error fails the request sent to that address, once", "[RFC 3261 18.4]") {
    TransportFixture bob;
    int failures = 0;
    const auto request = parsed(options_request("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa"));
    REQUIRE(bob.layer.send_request(request, {Transport::udp, address("198.51.100.7:5060")},
                                   [&](error_code) { ++failures; }));
    bob.layer.on_datagram_refused(0, address("198.51.100.8:5060"),
                                  make_error_code(boost::system::errc::connection_refused));
    CHECK(failures == 0);
    for (int i = 0; i < 2; ++i) {
        bob.layer.on_datagram_refused(0, address("198.51.100.7:5060"),
                                      make_error_code(boost::system::errc::connection_refused));
    }
    CHECK(failures == 1);
}

TEST_CASE("our addresses are the listeners' and the advertised names, with default ports implied") {
    TransportFixture bob;
    CHECK(bob.layer.is_own_address("192.0.2.1", 5060));
    CHECK(bob.layer.is_own_address("192.0.2.1", 0));
    CHECK(bob.layer.is_own_address("192.0.2.1", 5070));
    CHECK(bob.layer.is_own_address("[2001:db8::1]", 5060));
    CHECK(bob.layer.is_own_address("SIP.Example.Test", 5060));
    CHECK(bob.layer.is_own_address("sip.example.test", 0));
    CHECK_FALSE(bob.layer.is_own_address("192.0.2.1", 5080));
    CHECK_FALSE(bob.layer.is_own_address("192.0.2.2", 5060));
    CHECK_FALSE(bob.layer.is_own_address("example.test", 5060));
    CHECK(bob.layer.sent_by(2) == "[2001:db8::1]:5060");
    CHECK(bob.layer.sent_by(3) == "sip.example.test:5060");
}
