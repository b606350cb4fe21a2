// object: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/object.hpp"

#include <fmt/format.h>

#include "script/nearest_name.hpp"

namespace viaduct::script {

namespace {

const ObjectKind& kind_upvalue(lua_State* L) {
    return *static_cast<const ObjectKind*>(lua_touserdata(L, lua_upvalueindex(2)));
}

[[noreturn]] void unknown_member(lua_State* L, const ObjectKind& kind) {
    const std::string name{lua_type(L, 2) == LUA_TSTRING ? text_at(L, 2) : luaL_typename(L, 2)};
    fail(L, fmt::format("{} has no '{}'{}", kind.name, name, suggestion(name, member_names(kind))));
}

// Upvalues of both: 1 the members (name -> method, or light pointer to Field), 2 the kind.
int index(lua_State* L) {
    lua_pushvalue(L, 2);
    switch (lua_rawget(L, lua_upvalueindex(1))) {
        case LUA_TFUNCTION: return 1;
        case LUA_TLIGHTUSERDATA: return static_cast<const Field*>(lua_touserdata(L, -1))->get(L);
        default: unknown_member(L, kind_upvalue(L));
    }
}

int new_index(lua_State* L) {
    lua_pushvalue(L, 2);
    const int type = lua_rawget(L, lua_upvalueindex(1));
    if (type == LUA_TNIL) unknown_member(L, kind_upvalue(L));
    const auto* field = type == LUA_TLIGHTUSERDATA ? static_cast<const Field*>(lua_touserdata(L, -1)) : nullptr;
    if (field == nullptr || field->set == nullptr)
        fail(L, fmt::format("'{}' of {} cannot be assigned", text_at(L, 2), kind_upvalue(L).name));
    lua_pop(L, 1);
    return field->set(L);
}

void push_members(lua_State* L, const ObjectKind& kind) {
    lua_createtable(L, 0, static_cast<int>(kind.fields.size() + kind.methods.size()));
    for (const Field& field : kind.fields) {
        lua_pushlightuserdata(L, const_cast<Field*>(&field));
        lua_setfield(L, -2, field.name);
    }
    for (const Function& method : kind.methods) {
        push_text(L, declared_name(method.declaration));
        lua_pushcfunction(L, method.call);
        lua_rawset(L, -3);
    }
}

void set_metamethod(lua_State* L, const char* name, lua_CFunction function) {
    if (function == nullptr) return;
    lua_pushcfunction(L, function);
    lua_setfield(L, -2, name);
}

}  // namespace

std::string_view declared_name(std::string_view declaration) { return declaration.substr(0, declaration.find('(')); }

std::vector<std::string> member_names(const ObjectKind& kind) {
    std::vector<std::string> names;
    for (const Field& field : kind.fields) names.emplace_back(field.name);
    for (const Function& method : kind.methods) names.emplace_back(declared_name(method.declaration));
    return names;
}

void define_kind(lua_State* L, const ObjectKind& kind) {
    lua_createtable(L, 0, 8);
    push_members(L, kind);
    lua_pushvalue(L, -1);
    lua_pushlightuserdata(L, const_cast<ObjectKind*>(&kind));
    lua_pushcclosure(L, guarded<index>, 2);
    lua_setfield(L, -3, "__index");
    lua_pushlightuserdata(L, const_cast<ObjectKind*>(&kind));
    lua_pushcclosure(L, guarded<new_index>, 2);
    lua_setfield(L, -2, "__newindex");
    lua_pushstring(L, kind.name);
    lua_setfield(L, -2, "__name");
    lua_pushstring(L, kind.name);
    lua_setfield(L, -2, "__metatable");  // getmetatable() shows this: metamethods only ever see their own objects
    set_metamethod(L, "__tostring", kind.to_text);
    set_metamethod(L, "__eq", kind.equal);
    set_metamethod(L, "__gc", kind.destroy);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kind);
}

}  // namespace viaduct::script
