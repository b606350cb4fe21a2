// nat_signs_test: which requests come from behind an address translator.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "modules/nat/nat_signs.hpp"

using namespace viaduct;
using namespace viaduct::nat;

namespace {

struct Sent {
    std::string via = "SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK1;rport";
    std::string contact = "<sip:alice@198.51.100.7:5060>";
    std::string from = "198.51.100.7:5060";
    Transport transport = Transport::udp;

    NatSigns signs() const {
        Message message = Message::request(Method::invite, Uri::make(Uri::Scheme::sip, "bob", "example.test"));
        message.append(HeaderId::via, via);
        if (!contact.empty()) message.append(HeaderId::contact, contact);
        Flow flow;
        flow.transport = transport;
        flow.remote = *SocketAddress::from_text(from);
        return nat_signs(message, flow);
    }
};

}  // namespace

TEST_CASE("a phone that knows its address is not behind a translator") {
    CHECK_FALSE(Sent{}.signs().any());
    CHECK_FALSE(Sent{.contact = ""}.signs().any());
    CHECK_FALSE(Sent{.contact = "*"}.signs().any());
}

TEST_CASE("a phone on our own private network is not behind a translator") {
    CHECK_FALSE(Sent{.via = "SIP/2.0/UDP 192.168.1.5;branch=z9hG4bK1;rport",
                     .contact = "<sip:alice@192.168.1.5>",
                     .from = "192.168.1.5:5060"}
                    .signs()
                    .any());
}

TEST_CASE("a private Contact from elsewhere shows a translator, RFC 6598 and IPv6 included") {
    for (auto host : {"10.0.0.5", "172.16.3.4", "192.168.1.5", "100.64.0.9", "[fd00::5]", "[fe80::1]"}) {
        const auto signs = Sent{.contact = "<sip:alice@" + std::string{host} + ":5060>"}.signs();
        CHECK(signs.private_contact);
        CHECK(signs.contact_differs);
        CHECK_FALSE(signs.via_differs);
    }
    CHECK_FALSE(Sent{.contact = "<sip:alice@203.0.113.5:5060>"}.signs().private_contact);
}

TEST_CASE("a Contact with another public address differs; a name may mean anything") {
    CHECK(Sent{.contact = "<sip:alice@203.0.113.5:5060>"}.signs().contact_differs);
    CHECK_FALSE(Sent{.contact = "<sip:alice@phone.example.test>"}.signs().any());
}

TEST_CASE("a Via with another address shows a translator") {
    CHECK(Sent{.via = "SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bK1;rport"}.signs().via_differs);
    CHECK_FALSE(Sent{.via = "SIP/2.0/UDP phone.local;branch=z9hG4bK1;rport"}.signs().any());
}

TEST_CASE("over UDP another port counts when the phone asked for rport (RFC 3581)") {
    const auto signs = Sent{.from = "198.51.100.7:40000"}.signs();
    CHECK(signs.via_differs);
    CHECK(signs.contact_differs);
    CHECK_FALSE(Sent{.via = "SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1", .from = "198.51.100.7:40000"}.signs().any());
}

TEST_CASE("a connection's source port says nothing") {
    CHECK_FALSE(Sent{.via = "SIP/2.0/TCP 198.51.100.7:5060;branch=z9hG4bK1;rport",
                     .contact = "<sip:alice@198.51.100.7:5060;transport=tcp>",
                     .from = "198.51.100.7:40000",
                     .transport = Transport::tcp}
                    .signs()
                    .any());
}

TEST_CASE("a browser has no address (RFC 7118 section 5)") {
    const auto signs = Sent{.via = "SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK1",
                            .contact = "<sip:alice@df7jal23ls0d.INVALID;transport=ws>",
                            .from = "198.51.100.7:40000",
                            .transport = Transport::wss}
                           .signs();
    CHECK(signs.no_address);
    CHECK(signs.any());
}

TEST_CASE("a request that came through another proxy shows nothing about its phone") {
    Message message = Message::request(Method::invite, Uri::make(Uri::Scheme::sip, "bob", "example.test"));
    message.append(HeaderId::via, "SIP/2.0/UDP 203.0.113.1;branch=z9hG4bK2");
    message.append(HeaderId::via, "SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK1");
    message.append(HeaderId::contact, "<sip:alice@10.0.0.5>");
    Flow flow;
    flow.remote = *SocketAddress::from_text("203.0.113.1:5060");
    CHECK_FALSE(nat_signs(message, flow).any());
}
