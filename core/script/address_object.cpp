// address_object: viaduct.Address (From, To) and viaduct.Source (where a request came from).
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <viaduct/message.hpp>

#include "script/object_kinds.hpp"

namespace viaduct::script {

// Copies: the message may be edited while the script keeps this.
struct Address {
    std::string text, display_name, uri, tag;
};
struct Source {
    SocketAddress remote;
    Transport transport;
};

namespace {

int address_text(lua_State* L) {
    push_text(L, self<Address>(L).text);
    return 1;
}
int display_name(lua_State* L) {
    push_text(L, self<Address>(L).display_name);
    return 1;
}
int tag(lua_State* L) {
    push_text(L, self<Address>(L).tag);
    return 1;
}
int address_uri(lua_State* L) {
    const Address& address = self<Address>(L);
    auto uri = Uri::parse(address.uri);
    if (!uri) fail(L, fmt::format("'{}' holds no readable URI: {}", address.text, uri.error().message()));
    push_uri(L, *std::move(uri));
    return 1;
}
int address_to_text(lua_State* L) {
    push_text(L, check_object<Address>(L, 1, kAddressKind).text);
    return 1;
}

int ip(lua_State* L) {
    push_text(L, self<Source>(L).remote.ip());
    return 1;
}
int port(lua_State* L) {
    lua_pushinteger(L, self<Source>(L).remote.port());
    return 1;
}
int transport(lua_State* L) {
    push_text(L, viaduct::to_text(self<Source>(L).transport));
    return 1;
}
int source_to_text(lua_State* L) {
    const Source& source = check_object<Source>(L, 1, kSourceKind);
    push_text(L, fmt::format("{}:{}", viaduct::to_text(source.transport), source.remote.text()));
    return 1;
}

constexpr Field kAddressFields[]{
    {"uri", "viaduct.Uri", "Without <>.", address_uri},
    {"display_name", "string", "Without quotes; \"\" when there is none.", display_name},
    {"tag", "string", "\"\" when there is none.", tag},
    {"text", "string", "The whole value; tostring() gives it, too.", address_text},
};
constexpr Field kSourceFields[]{
    {"ip", "string", "The address the request came from, as the kernel saw it.", ip},
    {"port", "integer", "And its port.", port},
    {"transport", "string", "\"udp\", \"tcp\", \"tls\", \"ws\" or \"wss\".", transport},
};

}  // namespace

void push_address(lua_State* L, std::string_view value) {
    const auto parsed = NameAddress::parse(value);
    if (!parsed) fail(L, fmt::format("'{}' is no address: {}", value, parsed.error().message()));
    push_object(L, kAddressKind,
                Address{std::string{value}, std::string{parsed->display_name}, std::string{parsed->uri},
                        std::string{parsed->tag()}});
}

void push_source(lua_State* L, const Flow& flow) { push_object(L, kSourceKind, Source{flow.remote, flow.transport}); }

const ObjectKind kAddressKind{"viaduct.Address", "A From or To value.",  kAddressFields, {}, address_to_text,
                              nullptr,           destroy_object<Address>};
const ObjectKind kSourceKind{"viaduct.Source", "Where a request came from.", kSourceFields, {}, source_to_text};

}  // namespace viaduct::script
