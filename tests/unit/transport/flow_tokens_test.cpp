// RFC 5626 section 5.2: tokens in our Record-Route and Path that nobody else can make.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "transport/flow_tokens.hpp"

using namespace viaduct;
using viaduct::transport::FlowTokens;

namespace {

Flow flow_to(std::string_view remote) {
    return {Transport::wss,
            3,
            {1, 70'000, 0xDEADBEEF},
            *SocketAddress::from_text("192.0.2.1:443"),
            *SocketAddress::from_text(remote)};
}

}  // namespace

TEST_CASE("a flow survives its token, IPv6 too", "[RFC 5626 5.2]") {
    FlowTokens tokens{FlowTokens::random_secret()};
    for (const char* remote : {"198.51.100.7:40000", "[2001:db8::7]:40000"}) {
        const Flow flow = flow_to(remote);
        const std::string token = tokens.make(flow);
        CHECK(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
              std::string::npos);
        CHECK((tokens.open(token) == flow));
        CHECK(tokens.make(flow) == token);
    }
}

TEST_CASE("a token that was changed anywhere is none", "[RFC 5626 5.2]") {
    FlowTokens tokens{"secret"};
    const std::string token = tokens.make(flow_to("198.51.100.7:40000"));
    for (std::size_t i = 0; i < token.size(); ++i) {
        std::string forged = token;
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        CAPTURE(i);
        CHECK_FALSE(tokens.open(forged));
        CHECK_FALSE(tokens.open(token.substr(0, i)));
    }
    CHECK_FALSE(tokens.open(token + "A"));
    CHECK_FALSE(tokens.open("not/a token"));
}

TEST_CASE("a token of another secret is none, one of the same secret is good on every node") {
    FlowTokens ours{"secret"}, same{"secret"}, other{"another"};
    const Flow flow = flow_to("198.51.100.7:40000");
    CHECK((same.open(ours.make(flow)) == flow));
    CHECK_FALSE(other.open(ours.make(flow)));
}
