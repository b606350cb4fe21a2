// SPDX-License-Identifier: Apache-2.0
#include <viaduct/flow.hpp>
#include <viaduct/socket_address.hpp>

#include <sys/socket.h>

#include <catch2/catch.hpp>

using namespace viaduct;

TEST_CASE("addresses of both families survive text and native forms") {
    for (const char* text : {"192.0.2.1:5060", "[2001:db8::1]:5061", "0.0.0.0:0", "[::]:65535"}) {
        const auto address = SocketAddress::from_text(text);
        REQUIRE(address);
        CHECK(address->text() == text);
        sockaddr_storage storage{};
        CHECK(address->to_native(storage) > 0);
        CHECK(SocketAddress::from_native(reinterpret_cast<sockaddr*>(&storage)) == *address);
    }
}

TEST_CASE("what is no address is refused") {
    for (const char* text :
         {"", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.256:5060", "2001:db8::1:5060x",
          "[192.0.2.1]:5060", "[2001:db8::1]", "2001:db8::1:5060", "example.test:5060", "192.0.2.1:5060 "}) {
        INFO(text);
        CHECK_FALSE(SocketAddress::from_text(text));
    }
}

TEST_CASE("private addresses are those of RFC 1918, 6598, 4193, link-local and loopback") {
    for (const char* ip : {"10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.1.1", "100.64.0.1", "169.254.1.1",
                           "127.0.0.1", "::1", "fd00::1", "fe80::1"}) {
        INFO(ip);
        CHECK(SocketAddress::from_ip(ip, 0)->is_private());
    }
    for (const char* ip : {"9.255.255.255", "172.32.0.1", "192.169.0.1", "100.128.0.1", "203.0.113.1", "2001:db8::1"}) {
        INFO(ip);
        CHECK_FALSE(SocketAddress::from_ip(ip, 0)->is_private());
    }
}

TEST_CASE("a flow survives its token, and a damaged token is refused") {
    Flow flow{Transport::tcp,
              3,
              {2, 77, 5},
              *SocketAddress::from_text("192.0.2.1:5060"),
              *SocketAddress::from_text("[2001:db8::1]:40000")};
    CHECK(Flow::from_token(flow.to_token()) == flow);
    const std::string token = flow.to_token();
    for (std::size_t length = 0; length + 1 < token.size(); ++length) {
        const auto damaged = Flow::from_token(token.substr(0, length));
        CHECK((!damaged || *damaged != flow));
    }
}
