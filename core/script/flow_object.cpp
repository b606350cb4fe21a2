// flow_object: viaduct.Flow (the connection a request came over) and viaduct.Certificate (who is at its other end).
// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <fmt/format.h>

#include "script/object_kinds.hpp"

namespace viaduct::script {

// Copies and a shared constant: the connection may end while the script keeps this.
struct Path {
    Flow flow;
    DetailsPtr details;
};
struct Certificate {
    DetailsPtr details;  // has a certificate
    const PeerCertificate& peer() const { return *details->peer_certificate; }
};

namespace {

int push_known(lua_State* L, const std::string* text) {
    if (text != nullptr && !text->empty()) {
        push_text(L, *text);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

template <std::string ConnectionDetails::*Member>
int known(lua_State* L) {
    const DetailsPtr& details = self<Path>(L).details;
    return push_known(L, details ? &((*details).*Member) : nullptr);
}

int transport(lua_State* L) {
    push_text(L, to_text(self<Path>(L).flow.transport));
    return 1;
}
int ip(lua_State* L) {
    push_text(L, self<Path>(L).flow.remote.ip());
    return 1;
}
int port(lua_State* L) {
    lua_pushinteger(L, self<Path>(L).flow.remote.port());
    return 1;
}
int local_ip(lua_State* L) {
    push_text(L, self<Path>(L).flow.local.ip());
    return 1;
}
int local_port(lua_State* L) {
    lua_pushinteger(L, self<Path>(L).flow.local.port());
    return 1;
}
int connection(lua_State* L) {
    const std::string text = self<Path>(L).flow.connection.text();
    return push_known(L, &text);
}
int secure(lua_State* L) {
    lua_pushboolean(L, static_cast<int>(is_secure(self<Path>(L).flow.transport)));
    return 1;
}
int certificate(lua_State* L) {
    const DetailsPtr& details = self<Path>(L).details;
    if (details && details->peer_certificate) {
        push_object(L, kCertificateKind, Certificate{details});
    } else {
        lua_pushnil(L);
    }
    return 1;
}
int flow_to_text(lua_State* L) {
    const Path& path = check_object<Path>(L, 1, kFlowKind);
    push_text(L, fmt::format("{}:{}", to_text(path.flow.transport), path.flow.remote.text()));
    return 1;
}

int subject(lua_State* L) {
    push_text(L, self<Certificate>(L).peer().subject);
    return 1;
}
int names(lua_State* L) {
    const auto& all = self<Certificate>(L).peer().names;
    lua_createtable(L, static_cast<int>(all.size()), 0);
    for (std::size_t i = 0; i < all.size(); ++i) {
        push_text(L, all[i]);
        lua_rawseti(L, -2, static_cast<lua_Integer>(i + 1));
    }
    return 1;
}
int fingerprint(lua_State* L) {
    push_text(L, self<Certificate>(L).peer().fingerprint);
    return 1;
}
int verified(lua_State* L) {
    lua_pushboolean(L, static_cast<int>(self<Certificate>(L).peer().verified));
    return 1;
}
int not_after(lua_State* L) {
    const auto since_epoch = self<Certificate>(L).peer().not_after.time_since_epoch();
    lua_pushinteger(L, std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count());
    return 1;
}
int certificate_to_text(lua_State* L) {
    push_text(L, check_object<Certificate>(L, 1, kCertificateKind).peer().subject);
    return 1;
}

constexpr Field kFlowFields[]{
    {"transport", "string", "\"udp\", \"tcp\", \"tls\", \"ws\" or \"wss\".", transport},
    {"ip", "string", "The peer's address; behind a trusted proxy the one that proxy names.", ip},
    {"port", "integer", "And its port.", port},
    {"local_ip", "string", "The address here that it came to.", local_ip},
    {"local_port", "integer", "And its port.", local_port},
    {"connection", "string?", "Names the connection while the server runs; nil for UDP.", connection},
    {"secure", "boolean", "Over TLS, as far as this server sees.", secure},
    {"tls_version", "string?", "\"TLSv1.3\"; nil without TLS.", known<&ConnectionDetails::tls_version>},
    {"tls_cipher", "string?", "The cipher suite in use.", known<&ConnectionDetails::tls_cipher>},
    {"server_name", "string?", "The name the client asked for (SNI).", known<&ConnectionDetails::server_name>},
    {"certificate", "viaduct.Certificate?", "The peer's certificate, when it showed one.", certificate},
    {"path", "string?", "Of the WebSocket handshake.", known<&ConnectionDetails::http_path>},
    {"host", "string?", "The Host of the WebSocket handshake.", known<&ConnectionDetails::http_host>},
    {"origin", "string?", "The Origin of the WebSocket handshake: the site the page came from.",
     known<&ConnectionDetails::http_origin>},
    {"browser", "string?", "The User-Agent of the WebSocket handshake.", known<&ConnectionDetails::http_user_agent>},
};
constexpr Field kCertificateFields[]{
    {"subject", "string", "\"CN=sip.example.test\"; tostring() gives it, too.", subject},
    {"names", "string[]", "DNS names and SIP URIs it is for.", names},
    {"fingerprint", "string", "SHA-256, hexadecimal.", fingerprint},
    {"verified", "boolean", "Signed by an authority this server trusts.", verified},
    {"not_after", "integer", "When it ends, seconds since 1970.", not_after},
};

}  // namespace

void push_flow(lua_State* L, const Flow& flow, DetailsPtr details) {
    push_object(L, kFlowKind, Path{flow, std::move(details)});
}

extern const ObjectKind kFlowKind, kCertificateKind;
const ObjectKind kFlowKind{
    "viaduct.Flow",      "The connection, or UDP path, a request came over.", kFlowFields, {}, flow_to_text, nullptr,
    destroy_object<Path>};
const ObjectKind kCertificateKind{
    "viaduct.Certificate",      "What a TLS peer proved to be.", kCertificateFields, {}, certificate_to_text, nullptr,
    destroy_object<Certificate>};

}  // namespace viaduct::script
