// answer_object: viaduct.Answer: what came of req:relay(). A 2xx is on its way already; another answer goes nowhere
// until returned.
// SPDX-License-Identifier: Apache-2.0
#include "script/message_lookup.hpp"
#include "script/object_kinds.hpp"

namespace viaduct::script {

namespace {

int status(lua_State* L) {
    lua_pushinteger(L, self<AnswerPtr>(L)->response.status());
    return 1;
}
int reason(lua_State* L) {
    push_text(L, self<AnswerPtr>(L)->response.reason());
    return 1;
}
int is_local(lua_State* L) {
    lua_pushboolean(L, static_cast<int>(self<AnswerPtr>(L)->local));
    return 1;
}
int target(lua_State* L) {
    push_text(L, self<AnswerPtr>(L)->target);
    return 1;
}
int header(lua_State* L) {
    const Message& message = check_object<AnswerPtr>(L, 1, kAnswerKind)->response;
    return push_header(L, message, check_text(L, 2));
}
int headers(lua_State* L) {
    const Message& message = check_object<AnswerPtr>(L, 1, kAnswerKind)->response;
    return push_headers(L, message, check_text(L, 2));
}
int to_text(lua_State* L) {
    lua_pushfstring(L, "answer %d", check_object<AnswerPtr>(L, 1, kAnswerKind)->response.status());
    return 1;
}

constexpr Field kFields[]{
    {"status", "integer", "Of the best final response (RFC 3261 section 16.7 step 6).", status},
    {"reason", "string", "Its reason phrase.", reason},
    {"is_local", "boolean", "No peer said this: time ran out (408), no way to send (503), no target.", is_local},
    {"target", "string", "The Request-URI of the branch that gave it.", target},
};
constexpr Function kMethods[]{
    {"header(name: string): string?", "The first line of that header field.", guarded<header>},
    {"headers(name: string): string[]", "All values of that header field, in order.", guarded<headers>},
};

}  // namespace

void push_answer(lua_State* L, AnswerPtr answer) { push_object(L, kAnswerKind, std::move(answer)); }

const ObjectKind kAnswerKind{
    "viaduct.Answer",         "What came of a relay; returning it sends it.", kFields, kMethods, to_text, nullptr,
    destroy_object<AnswerPtr>};

}  // namespace viaduct::script
