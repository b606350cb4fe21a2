// object_kinds: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/object_kinds.hpp"

#include <array>

namespace viaduct::script {

std::span<const ObjectKind* const> object_kinds() {
    static constexpr std::array<const ObjectKind*, 9> kAll{&kRequestKind, &kAnswerKind, &kResponseKind,
                                                           &kUriKind,     &kTargetKind, &kAddressKind,
                                                           &kSourceKind,  &kFlowKind,   &kCertificateKind};
    return kAll;
}

std::string to_object_name(lua_State* L, int index) {
    if (lua_type(L, index) == LUA_TUSERDATA) return static_cast<Box<char>*>(lua_touserdata(L, index))->kind->name;
    return luaL_typename(L, index);
}

}  // namespace viaduct::script
