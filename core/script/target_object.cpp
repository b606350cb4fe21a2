// target_object: viaduct.Target: one place a request may be sent, for instance one binding of a user.
// SPDX-License-Identifier: Apache-2.0
#include "script/object_kinds.hpp"

namespace viaduct::script {

namespace {

int uri(lua_State* L) {
    push_uri(L, self<Target>(L).uri);
    return 1;
}
int q(lua_State* L) {
    lua_pushnumber(L, static_cast<lua_Number>(self<Target>(L).q));
    return 1;
}
int instance(lua_State* L) {
    push_text(L, self<Target>(L).instance);
    return 1;
}
int received(lua_State* L) {
    const auto& address = self<Target>(L).received;
    if (address) {
        push_text(L, address->text());
    } else {
        lua_pushnil(L);
    }
    return 1;
}
int to_text(lua_State* L) {
    push_text(L, check_object<Target>(L, 1, kTargetKind).uri.text());
    return 1;
}

constexpr Field kFields[]{
    {"uri", "viaduct.Uri", "Becomes the Request-URI.", uri},
    {"q", "number", "The preference of the binding, 0 to 1 (RFC 3261 section 20.10).", q},
    {"instance", "string", "+sip.instance of the phone, \"\" when unknown.", instance},
    {"received", "string?", "Where the phone was seen when it is behind a NAT: \"192.0.2.7:5060\".", received},
};

}  // namespace

void push_target(lua_State* L, Target target) { push_object(L, kTargetKind, std::move(target)); }

const ObjectKind kTargetKind{
    "viaduct.Target",      "A place a request may be sent, with the way there.", kFields, {}, to_text, nullptr,
    destroy_object<Target>};

}  // namespace viaduct::script
