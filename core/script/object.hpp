// object: C++ values as Lua userdata: one ObjectKind describes the fields and methods of a class, once, for the
// binding, for the check of names at load, and for the editor stubs.
//
// Every full userdata of a state is a Box, for the sandbox has nothing else that makes userdata: so the kind at its
// front tells what it is, without a lookup. Unknown fields raise an error that names the nearest one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "script/lua_support.hpp"

namespace viaduct::script {

// Getter: object at 1, pushes one value. Setter: object at 1, value at 3.
struct Field {
    const char* name;
    const char* type;  // for editors: "string?"
    const char* help;
    lua_CFunction get;
    lua_CFunction set = nullptr;
};

// A method (object at 1) or a function of a module table.
struct Function {
    const char* declaration;  // "header(name: string): string?", without self
    const char* help;
    lua_CFunction call;
};

struct ObjectKind {
    const char* name;  // "viaduct.Request"
    const char* help;
    std::span<const Field> fields;
    std::span<const Function> methods;
    lua_CFunction to_text = nullptr;  // tostring()
    lua_CFunction equal = nullptr;    // ==
    lua_CFunction destroy = nullptr;  // needed unless trivially destructible: destroy_object<T>
};

// The name at the front of a declaration.
std::string_view declared_name(std::string_view declaration);
// Fields and methods.
std::vector<std::string> member_names(const ObjectKind& kind);

template <class T>
struct Box {
    const ObjectKind* kind;
    T value;
};

// Makes the metatable; once per state and kind.
void define_kind(lua_State* L, const ObjectKind& kind);

template <class T>
T& push_object(lua_State* L, const ObjectKind& kind, T value, int user_values = 0) {
    static_assert(alignof(Box<T>) <= alignof(double), "Lua aligns userdata for double");
    void* place = lua_newuserdatauv(L, sizeof(Box<T>), user_values);
    auto* box = new (place) Box<T>{&kind, std::move(value)};
    lua_rawgetp(L, LUA_REGISTRYINDEX, &kind);
    lua_setmetatable(L, -2);
    return box->value;
}

template <class T>
int destroy_object(lua_State* L) {
    static_cast<Box<T>*>(lua_touserdata(L, 1))->~Box<T>();
    return 0;
}

// nullptr when the value is something else.
template <class T>
T* to_object(lua_State* L, int index, const ObjectKind& kind) {
    if (lua_type(L, index) != LUA_TUSERDATA) return nullptr;
    auto* box = static_cast<Box<T>*>(lua_touserdata(L, index));
    return box->kind == &kind ? &box->value : nullptr;
}
template <class T>
T& check_object(lua_State* L, int argument, const ObjectKind& kind) {
    if (T* object = to_object<T>(L, argument, kind)) return *object;
    fail_argument(L, argument, kind.name);
}
// In getters and setters: Lua only calls them with the right object.
template <class T>
T& self(lua_State* L) {
    return static_cast<Box<T>*>(lua_touserdata(L, 1))->value;
}

}  // namespace viaduct::script
