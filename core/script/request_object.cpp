// request_object: the fields of viaduct.Request. Methods: request_methods.cpp.
// SPDX-License-Identifier: Apache-2.0
#include "script/request_object.hpp"

#include <fmt/format.h>

#include "script/object_kinds.hpp"

namespace viaduct::script {

namespace {

constexpr int kCachedUri = 1;  // user value: the Uri object of the last read

proxy::RequestContext& live(lua_State* L, const RequestHandle& handle) {
    const Coroutine& coroutine = *handle.coroutine;
    if (coroutine.generation != handle.generation) fail(L, "this request has ended: its handler has returned");
    return *coroutine.context;
}
proxy::RequestContext& self_request(lua_State* L) { return live(L, self<RequestHandle>(L)); }
Message& self_message(lua_State* L) { return self_request(L).message(); }

int push_optional(lua_State* L, std::optional<std::string_view> text) {
    if (text) {
        push_text(L, *text);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

int method(lua_State* L) {
    push_text(L, self_message(L).method_text());
    return 1;
}

int uri(lua_State* L) {
    const Message& message = self_message(L);
    if (lua_getiuservalue(L, 1, kCachedUri) == LUA_TUSERDATA) {
        const Uri* cached = to_object<Uri>(L, -1, kUriKind);
        if (cached->text() == message.request_uri_text()) return 1;
    }
    auto parsed = message.request_uri();
    if (!parsed) fail(L, fmt::format("Request-URI '{}': {}", message.request_uri_text(), parsed.error().message()));
    push_uri(L, *std::move(parsed));
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, kCachedUri);
    return 1;
}

int set_uri(lua_State* L) {
    const Uri uri = check_uri(L, 3);
    self_message(L).set_request_uri(uri.text());
    return 0;
}

int in_dialog(lua_State* L) {
    lua_pushboolean(L, static_cast<int>(self_request(L).in_dialog()));
    return 1;
}
int follows_route(lua_State* L) {
    lua_pushboolean(L, static_cast<int>(self_request(L).follows_route()));
    return 1;
}
int follows_path(lua_State* L) {
    lua_pushboolean(L, static_cast<int>(self_request(L).follows_path()));
    return 1;
}
int is_for_proxy(lua_State* L) {
    lua_pushboolean(L, static_cast<int>(self_request(L).is_for_proxy()));
    return 1;
}
int source(lua_State* L) {
    push_source(L, self_request(L).flow());
    return 1;
}

int flow(lua_State* L) {
    const proxy::RequestContext& request = self_request(L);
    push_flow(L, request.flow(), request.connection_details());
    return 1;
}

int from(lua_State* L) {
    push_address(L, self_message(L).header(HeaderId::from).value_or(std::string_view{}));
    return 1;
}
int to(lua_State* L) {
    push_address(L, self_message(L).header(HeaderId::to).value_or(std::string_view{}));
    return 1;
}
int call_id(lua_State* L) {
    push_text(L, self_message(L).call_id());
    return 1;
}
int cseq(lua_State* L) {
    const auto value = self_message(L).cseq();
    if (value) {
        lua_pushinteger(L, value->number);
    } else {
        lua_pushnil(L);
    }
    return 1;
}
int body(lua_State* L) {
    push_text(L, self_message(L).body());
    return 1;
}
int content_type(lua_State* L) {
    push_text(L, self_message(L).content_type());
    return 1;
}
int user_agent(lua_State* L) { return push_optional(L, self_message(L).header(HeaderId::user_agent)); }

int to_text(lua_State* L) {
    const Message& message = check_request(L, 1).message();
    push_text(L, fmt::format("{} {}", message.method_text(), message.request_uri_text()));
    return 1;
}

constexpr Field kFields[]{
    {"method", "string", "\"INVITE\", \"REGISTER\", ...", method},
    {"uri", "viaduct.Uri", "The Request-URI. Assign a URI or the text of one to change it.", uri, set_uri},
    {"in_dialog", "boolean", "Has a To tag: belongs to a call (or subscription) that stands.", in_dialog},
    {"follows_route", "boolean",
     "Belongs to a call that was let in: it came along the Record-Route this server gave that very call.",
     follows_route},
    {"follows_path", "boolean",
     "Goes to a phone that is connected here: another node sent it, along the Path this server put into the "
     "registration.",
     follows_path},
    {"is_for_proxy", "boolean", "The Request-URI is this server itself, without a user.", is_for_proxy},
    {"source", "viaduct.Source", "Where it came from: ip, port, transport.", source},
    {"flow", "viaduct.Flow", "The connection it came over: TLS, the peer's certificate, the WebSocket handshake.",
     flow},
    {"from", "viaduct.Address", "The From header field.", from},
    {"to", "viaduct.Address", "The To header field.", to},
    {"call_id", "string", "The Call-ID header field.", call_id},
    {"cseq", "integer", "The number in CSeq.", cseq},
    {"body", "string", "\"\" when there is none.", body},
    {"content_type", "string", "Of the body; \"\" when there is none.", content_type},
    {"user_agent", "string?", "The User-Agent header field.", user_agent},
};

}  // namespace

void push_request(lua_State* L, Coroutine& coroutine) {
    push_object(L, kRequestKind, RequestHandle{&coroutine, coroutine.generation}, 1);
}

proxy::RequestContext& check_request(lua_State* L, int argument) {
    return live(L, check_object<RequestHandle>(L, argument, kRequestKind));
}

extern const ObjectKind kRequestKind;
const ObjectKind kRequestKind{"viaduct.Request", "The request a handler decides about.", kFields, request_methods(),
                              to_text};

}  // namespace viaduct::script
