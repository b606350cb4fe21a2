// handshake: see handshake.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "handshake.hpp"

#include <algorithm>

#include <viaduct/digest.hpp>

namespace viaduct::websocket {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 section 1.3
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

// 16 bytes in base64: 22 characters and "==" (section 4.1); the last one carries 4 bits that are zero.
bool is_key(std::string_view key) {
    return key.size() == 24 && key.ends_with("==") && key.find_first_not_of(kBase64) == 22 &&
           std::string_view{"AQgw"}.find(key[21]) != std::string_view::npos;
}

// "phone.example.test" of "Phone.Example.Test:8443"; IPv6 keeps its brackets.
std::string host_name(std::string host) {
    const auto colon = host.rfind(':');
    if (colon != std::string::npos && host.find(']', colon) == std::string::npos) host.resize(colon);
    return lower(std::move(host));
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

// "https://*.example.test" allows any host below example.test, with that scheme and port.
bool matches(std::string_view pattern, std::string_view origin) {
    const auto star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == origin;
    const auto before = pattern.substr(0, star), after = pattern.substr(star + 1);
    if (origin.size() <= before.size() + after.size() || !origin.starts_with(before) || !origin.ends_with(after))
        return false;
    const auto middle = origin.substr(before.size(), origin.size() - before.size() - after.size());
    return middle.find_first_of("/:@") == std::string_view::npos;
}

// Only browsers send an Origin, and only they need this protection (section 10.2).
bool allows_origin(const std::vector<std::string>& origins, const std::string& origin) {
    if (origins.empty() || origin.empty()) return true;
    return std::any_of(origins.begin(), origins.end(),
                       [&, sent = lower(origin)](const std::string& pattern) { return matches(pattern, sent); });
}

HandshakeRefusal refusal(int status, const char* reason, std::string_view text) {
    return {HttpResponse::text(status, text), reason};
}

std::optional<HandshakeRefusal> check_protocol(const HttpRequest& request) {
    if (request.method != "GET") {
        auto refused = refusal(405, "method", "WebSocket begins with GET");
        refused.response.fields.emplace_back("allow", "GET");
        return refused;
    }
    if (request.field("sec-websocket-version") != "13") {
        auto refused = refusal(426, "version", "WebSocket version 13 is expected");
        refused.response.fields.emplace_back("sec-websocket-version", "13");
        refused.response.fields.emplace_back("upgrade", "websocket");  // RFC 9110 section 15.5.22
        return refused;
    }
    if (!is_key(request.field("sec-websocket-key"))) return refusal(400, "key", "bad Sec-WebSocket-Key");
    if (!request.lists("sec-websocket-protocol", "sip"))
        return refusal(400, "subprotocol", "the subprotocol sip must be offered (RFC 7118 section 4)");
    return std::nullopt;
}

}  // namespace

std::optional<HandshakeRefusal> check_handshake(const HttpRequest& request, const HandshakePolicy& policy) {
    if (!policy.paths.empty() && !contains(policy.paths, request.path)) return refusal(404, "path", "not found");
    if (auto refused = check_protocol(request)) return refused;
    if (!policy.hosts.empty() && !contains(policy.hosts, host_name(request.field("host"))))
        return refusal(403, "host", "this host is not served");
    if (!allows_origin(policy.origins, request.field("origin"))) return refusal(403, "origin", "not from this origin");
    return std::nullopt;
}

HttpResponse accept_handshake(const HttpRequest& request) {
    return {.status = 101,
            .fields = {{"sec-websocket-accept", accept_value(request.field("sec-websocket-key"))},
                       {"sec-websocket-protocol", "sip"}},
            .body = {}};
}

std::string accept_value(std::string_view key) { return base64(sha1(std::string{key}.append(kGuid)).view()); }

}  // namespace viaduct::websocket
