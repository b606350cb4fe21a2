// SPDX-License-Identifier: Apache-2.0
#include "server/own_listeners.hpp"

#include <catch2/catch.hpp>

using namespace viaduct;
using viaduct::server::OwnListeners;

namespace {

transport::Listener listener(Transport transport, const char* address, std::string advertise = {},
                             std::uint16_t advertise_port = 0) {
    return {.transport = transport,
            .address = *SocketAddress::from_text(address),
            .advertise_host = std::move(advertise),
            .advertise_port = advertise_port};
}

const std::vector<transport::Listener> kListeners{
    listener(Transport::udp, "192.0.2.1:5060"),
    listener(Transport::tcp, "10.0.0.1:5070", "node1.example.test", 6070),
    listener(Transport::tls, "0.0.0.0:5061"),
};
const std::vector<SocketAddress> kInterfaces{*SocketAddress::from_text("192.0.2.1:0"),
                                             *SocketAddress::from_text("10.0.0.1:0")};

Listeners::Match match(const char* uri) { return OwnListeners{kListeners, kInterfaces}.match(*Uri::parse(uri)); }

}  // namespace

TEST_CASE("a URI names a listener by transport, port and address, as bound or as advertised") {
    CHECK(match("sip:192.0.2.1") == Listeners::Match::ours);
    CHECK(match("sip:10.0.0.1:5070;transport=tcp") == Listeners::Match::ours);
    CHECK(match("sip:Node1.example.test:6070;transport=tcp") == Listeners::Match::ours);
    CHECK(match("sip:10.0.0.1:5061;transport=tls") == Listeners::Match::ours);  // bound to all addresses
    CHECK(match("sips:192.0.2.1") == Listeners::Match::ours);
}

TEST_CASE("another transport, port or address is none of ours") {
    CHECK(match("sip:10.0.0.1:5070") == Listeners::Match::not_ours);
    CHECK(match("sip:192.0.2.1:5060;transport=tcp") == Listeners::Match::not_ours);
    CHECK(match("sip:10.0.0.1:5071;transport=tcp") == Listeners::Match::not_ours);
    CHECK(match("sip:10.0.0.2:5070;transport=tcp") == Listeners::Match::not_ours);
    CHECK(match("sip:10.0.0.3:5061;transport=tls") == Listeners::Match::not_ours);
    CHECK(match("sip:other.example.test:5080;transport=tcp") == Listeners::Match::not_ours);
}

TEST_CASE("a name that is not advertised may be ours when transport and port are") {
    CHECK(match("sip:other.example.test:5070;transport=tcp") == Listeners::Match::unknown);
    CHECK(OwnListeners{kListeners, {}}.text() ==
          "udp 192.0.2.1:5060, tcp 10.0.0.1:5070 (advertised as node1.example.test), tls 0.0.0.0:5061");
}
