// What arrives: RFC 3261 sections 18.1.2, 18.2.1, 18.3 and RFC 3581.
// SPDX-License-Identifier: Apache-2.0
#include "transport_fixture.hpp"

using namespace viaduct;
using namespace viaduct::test;

TEST_CASE("a request whose sent-by is where it came from goes up untouched", "[RFC 3261 18.2.1]") {
    TransportFixture bob;
    const std::string text = options_request("SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKa");
    bob.receives(text);
    REQUIRE(bob.user.messages.size() == 1);
    CHECK(bob.user.messages[0].text() == text);
    CHECK(bob.user.flows[0].remote == address("198.51.100.7:5060"));
    CHECK(bob.user.flows[0].local == address("192.0.2.1:5060"));
    CHECK(bob.network.flushes == 1);
}

TEST_CASE("received is added when the sent-by is a name or another address", "[RFC 3261 18.2.1]") {
    const std::string via =
        GENERATE("SIP/2.0/UDP phone.example.test;branch=z9hG4bKa", "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa");
    TransportFixture bob;
    bob.receives(options_request(via));
    REQUIRE(bob.user.messages.size() == 1);
    CHECK(bob.user.messages[0].header(HeaderId::via) == via + ";received=198.51.100.7");
}

TEST_CASE("rport is filled in, and received with it even when it is the same", "[RFC 3581 4]") {
    TransportFixture bob;
    bob.receives(options_request("SIP/2.0/UDP 198.51.100.7:5060;rport;branch=z9hG4bKa"), "198.51.100.7:31000");
    REQUIRE(bob.user.messages.size() == 1);
    const auto via = bob.user.messages[0].top_via();
    REQUIRE(via);
    CHECK(via->received == "198.51.100.7");
    CHECK(via->rport_value == 31000);
    CHECK(via->branch == "z9hG4bKa");
}

TEST_CASE("a sender cannot choose received and rport itself") {
    TransportFixture bob;
    bob.receives(options_request("SIP/2.0/UDP 198.51.100.7;received=203.0.113.9;rport=9;branch=z9hG4bKa"));
    REQUIRE(bob.user.messages.size() == 1);
    CHECK(bob.user.messages[0].header(HeaderId::via) ==
          "SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKa;received=198.51.100.7;rport=5060");
}

TEST_CASE("only the topmost of several Via values is stamped") {
    TransportFixture bob;
    bob.receives(
        options_request("SIP/2.0/UDP a.example.test;branch=z9hG4bKa, SIP/2.0/UDP b.example.test;branch=z9hG4bKb"));
    REQUIRE(bob.user.messages.size() == 1);
    const auto values = bob.user.messages[0].values(HeaderId::via);
    REQUIRE(values.size() == 2);
    CHECK(values[0] == "SIP/2.0/UDP a.example.test;branch=z9hG4bKa;received=198.51.100.7");
    CHECK(values[1] == "SIP/2.0/UDP b.example.test;branch=z9hG4bKb");
}

TEST_CASE("an IPv6 source is named without brackets in received", "[RFC 3261 25.1]") {
    TransportFixture bob;
    bob.receives(options_request("SIP/2.0/UDP phone.example.test;branch=z9hG4bKa"), "[2001:db8::7]:5060", 2);
    REQUIRE(bob.user.messages.size() == 1);
    CHECK(bob.user.messages[0].top_via()->received == "2001:db8::7");
}

TEST_CASE("datagrams of nothing but line ends are keep-alives", "[RFC 5626 4.4]") {
    const std::string bytes = GENERATE(std::string{"\r\n\r\n"}, std::string{"\0\0\0\0", 4}, std::string{"\r\n"});
    TransportFixture bob;
    bob.receives(bytes);
    CHECK(bob.user.keep_alives.size() == 1);
    CHECK(bob.user.messages.empty());
    CHECK(bob.network.datagrams.empty());
}

TEST_CASE("bytes that are no SIP are dropped and counted by reason") {
    TransportFixture bob;
    bob.receives("GET / HTTP/1.1\r\n\r\n");
    bob.receives(std::string{"\x00\x01\x00\x00", 4});
    CHECK(bob.user.messages.empty());
    CHECK(bob.user.faulty.empty());
    CHECK(bob.counted("viaduct_transport_unparseable_total") == 1);
    CHECK(bob.counted("viaduct_transport_dropped_total", "reason=\"stun\"") == 1);
}

TEST_CASE("a faulty request that can be answered goes up with its fault", "[RFC 3261 16.3]") {
    TransportFixture bob;
    std::string text = options_request("SIP/2.0/UDP phone.example.test;branch=z9hG4bKa");
    text.replace(text.find("1 OPTIONS"), 9, "1 INVITE");
    bob.receives(text);
    REQUIRE(bob.user.faulty.size() == 1);
    CHECK(bob.user.faults[0] == SipErrc::bad_cseq);
    CHECK(bob.user.faulty[0].top_via()->received == "198.51.100.7");
    CHECK(bob.counted("viaduct_transport_faulty_requests_total", "reason=\"bad_cseq\"") == 1);
}

TEST_CASE("a request cut short is faulty, a response cut short is dropped", "[RFC 3261 18.3]") {
    TransportFixture bob;
    std::string request = options_request("SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKa");
    request.replace(request.find("Length: 0"), 9, "Length: 99");
    bob.receives(request);
    REQUIRE(bob.user.faulty.size() == 1);
    CHECK(bob.user.faults[0] == SipErrc::bad_content_length);

    std::string response = ok_response("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa");
    response.replace(response.find("Length: 0"), 9, "Length: 99");
    bob.receives(response);
    CHECK(bob.user.faulty.size() == 1);
    CHECK(bob.user.messages.empty());
}

TEST_CASE("a faulty ACK is never answered", "[RFC 3261 17.1.1.3]") {
    TransportFixture bob;
    std::string text = options_request("SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKa");
    text.replace(0, 7, "ACK");
    bob.receives(text);  // CSeq says OPTIONS
    CHECK(bob.user.faulty.empty());
    CHECK(bob.counted("viaduct_transport_dropped_total", "reason=\"faulty_ack\"") == 1);
}

TEST_CASE("a response goes up only when its top Via is ours", "[RFC 3261 18.1.2]") {
    TransportFixture bob;
    bob.receives(ok_response("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa"));
    bob.receives(ok_response("SIP/2.0/UDP sip.example.test;branch=z9hG4bKa"));  // advertised, default port
    CHECK(bob.user.messages.size() == 2);
    bob.receives(ok_response("SIP/2.0/UDP 203.0.113.5:5060;branch=z9hG4bKa"));
    CHECK(bob.user.messages.size() == 2);
    CHECK(bob.counted("viaduct_transport_dropped_total", "reason=\"foreign_via\"") == 1);
}

TEST_CASE("a STUN keep-alive is told its own address", "[RFC 5626 4.4.2, RFC 5389 15.2]") {
    TransportFixture bob;
    const std::string transaction = "0123456789ab";
    const std::string request = std::string{"\x00\x01\x00\x00\x21\x12\xA4\x42", 8} + transaction;
    bob.receives(request, "192.0.2.1:32853");  // port and address of RFC 5769 section 2.2
    REQUIRE(bob.network.datagrams.size() == 1);
    CHECK(bob.network.datagrams[0].to == address("192.0.2.1:32853"));
    CHECK(bob.network.datagrams[0].bytes == std::string{"\x01\x01\x00\x0C\x21\x12\xA4\x42", 8} + transaction +
                                                std::string{"\x00\x20\x00\x08\x00\x01\xA1\x47\xE1\x12\xA6\x43", 12});
    CHECK(bob.user.keep_alives.size() == 1);
}

TEST_CASE("STUN over IPv6 masks the address with the transaction too", "[RFC 5389 15.2]") {
    TransportFixture bob;
    const std::string transaction = "\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae";
    bob.receives(std::string{"\x00\x01\x00\x00\x21\x12\xA4\x42", 8} + transaction,
                 "[2001:db8:1234:5678:11:2233:4455:6677]:32853", 2);  // RFC 5769 section 2.3
    REQUIRE(bob.network.datagrams.size() == 1);
    CHECK(bob.network.datagrams[0].bytes.substr(20) ==
          std::string{"\x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79"
                      "\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9",
                      24});
}

TEST_CASE("STUN that is no Binding request is dropped") {
    TransportFixture bob;
    bob.receives(std::string{"\x00\x01\x00\x08\x21\x12\xA4\x42", 8} + "0123456789ab");  // says more than it has
    bob.receives(std::string{"\x00\x03\x00\x00\x21\x12\xA4\x42", 8} + "0123456789ab");  // Allocate
    CHECK(bob.network.datagrams.empty());
    CHECK(bob.counted("viaduct_transport_dropped_total", "reason=\"stun\"") == 2);
}
