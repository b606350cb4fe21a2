// flow_tokens_test: flows in our own Record-Route (RFC 5626 section 5.2).
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <viaduct/uri.hpp>

#include "proxy/flow_tokens.hpp"

using namespace viaduct;
using namespace viaduct::proxy;

namespace {

Flow flow_to(const char* remote) {
    return {Transport::wss, 3, {2, 0xfedcba98, 77}, {}, *SocketAddress::from_text(remote)};
}
std::string token_of(const FlowTokens& tokens, const Flow& flow) {
    std::string text;
    tokens.write(flow, TokenUse::path, text);
    return text;
}

}  // namespace

TEST_CASE("a flow token says the flow it was made of, and is a user part as it stands") {
    const FlowTokens tokens{1, 2};
    for (const char* remote : {"192.0.2.1:5060", "[2001:db8::a1]:65535"}) {
        const Flow flow = flow_to(remote);
        const std::string token = token_of(tokens, flow);
        REQUIRE(tokens.read(token));
        CHECK(tokens.read(token)->flow == flow);
        CHECK(tokens.read(token)->use == TokenUse::path);
        CHECK(Uri::make(Uri::Scheme::sip, token, "example.test").user() == token);
    }
}

TEST_CASE("a token that was changed, cut or made elsewhere is not read (RFC 5626 section 5.2)") {
    const FlowTokens tokens{1, 2}, others{1, 3};
    const std::string token = token_of(tokens, flow_to("192.0.2.1:5060"));
    CHECK_FALSE(others.read(token));
    for (std::size_t i = 0; i < token.size(); ++i) {
        CHECK_FALSE(tokens.read(token.substr(0, i)));
        std::string changed = token;
        changed[i] = changed[i] == 'A' ? 'Q' : 'A';
        CHECK_FALSE(tokens.read(changed));
    }
    CHECK_FALSE(tokens.read(token + token));
    CHECK_FALSE(tokens.read("alice"));
}

TEST_CASE("the token of a UDP flow outlives the process, that of a connection does not") {
    const FlowTokens before{1, 2}, after{1, 3};
    Flow flow = flow_to("192.0.2.1:5060");
    CHECK_FALSE(after.read(token_of(before, flow)));
    flow.transport = Transport::udp;
    flow.connection = {};
    CHECK(after.read(token_of(before, flow)));
}
