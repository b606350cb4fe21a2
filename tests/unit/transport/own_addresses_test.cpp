// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "transport/own_addresses.hpp"

using namespace viaduct;
using viaduct::transport::OwnAddresses;

TEST_CASE("a listener on all addresses owns every interface address of its family") {
    const std::vector<SocketAddress> interfaces{*SocketAddress::from_ip("127.0.0.1", 0),
                                                *SocketAddress::from_ip("192.0.2.9", 0),
                                                *SocketAddress::from_ip("2001:db8::9", 0)};
    const OwnAddresses own{{{Transport::udp, *SocketAddress::from_ip("0.0.0.0", 5080), "", 0, 0}}, interfaces};
    CHECK(own.contains("192.0.2.9", 5080));
    CHECK(own.contains("127.0.0.1", 5080));
    CHECK_FALSE(own.contains("192.0.2.9", 0));  // 5080 is not the default port
    CHECK_FALSE(own.contains("[2001:db8::9]", 5080));
    CHECK_FALSE(own.contains("0.0.0.0", 5080));
    CHECK(own.sent_by(0) == "192.0.2.9:5080");  // not the loopback one, not 0.0.0.0
}

TEST_CASE("this machine has interface addresses") {
    const auto found = transport::interface_addresses();
    CHECK(std::any_of(found.begin(), found.end(), [](const SocketAddress& a) { return a.is_loopback(); }));
}
