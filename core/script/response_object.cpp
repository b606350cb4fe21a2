// response_object: viaduct.Response: an answer the script (or a module) decided on and has not returned yet.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "script/object_kinds.hpp"
#include "script/sip_text.hpp"

namespace viaduct::script {

namespace {

int status(lua_State* L) {
    lua_pushinteger(L, self<Response>(L).status);
    return 1;
}
int reason(lua_State* L) {
    const Response& response = self<Response>(L);
    push_text(L, response.reason.empty() ? default_reason(response.status) : std::string_view{response.reason});
    return 1;
}

int header(lua_State* L) {
    Response& response = check_object<Response>(L, 1, kResponseKind);
    const auto name = check_text(L, 2), value = check_text(L, 3);
    if (!is_token(name)) fail(L, fmt::format("'{}' is no name of a header field", name));
    if (!is_one_line(value)) fail(L, fmt::format("the value of {} has a line break", name));
    if (const auto why = why_not_settable(name); !why.empty()) fail(L, std::string{why});
    response.with(name, value);
    lua_settop(L, 1);
    return 1;
}

int set_body(lua_State* L) {
    Response& response = check_object<Response>(L, 1, kResponseKind);
    const auto type = check_text(L, 2), body = check_text(L, 3);
    if (!is_one_line(type)) fail(L, "the content type has a line break");
    response.content_type = type;
    response.body = body;
    lua_settop(L, 1);
    return 1;
}

int statelessly(lua_State* L) {
    check_object<Response>(L, 1, kResponseKind).statelessly();
    lua_settop(L, 1);
    return 1;
}

int to_text(lua_State* L) {
    const Response& response = check_object<Response>(L, 1, kResponseKind);
    push_text(
        L, fmt::format("{} {}", response.status,
                       response.reason.empty() ? default_reason(response.status) : std::string_view{response.reason}));
    return 1;
}

constexpr Field kFields[]{
    {"status", "integer", "200 to 699.", status},
    {"reason", "string", "The reason phrase; the standard one unless given.", reason},
};
constexpr Function kMethods[]{
    {"header(name: string, value: string): viaduct.Response", "Adds a header field; returns the response.",
     guarded<header>},
    {"set_body(content_type: string, body: string): viaduct.Response", "Sets the body; returns the response.",
     guarded<set_body>},
    {"statelessly(): viaduct.Response",
     "Keeps no transaction: a repeated request comes to the handler again; returns the response.",
     guarded<statelessly>},
};

}  // namespace

void push_response(lua_State* L, Response response) { push_object(L, kResponseKind, std::move(response)); }

Response check_response(lua_State* L, int argument, int least) {
    const lua_Integer code = luaL_checkinteger(L, argument);
    const int most = least < 200 ? 199 : 699;
    if (code < least || code > most)
        fail(L, fmt::format("bad argument #{} (a status code from {} to {} expected, got {})", argument, least, most,
                            code));
    const auto phrase = optional_text(L, argument + 1);
    if (phrase && !is_one_line(*phrase)) fail(L, "the reason phrase has a line break");
    return Response{static_cast<int>(code), std::string{phrase.value_or("")}};
}

const ObjectKind kResponseKind{
    "viaduct.Response",      "An answer that is sent when a handler returns it.", kFields, kMethods, to_text, nullptr,
    destroy_object<Response>};

}  // namespace viaduct::script
