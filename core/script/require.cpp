// require: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/require.hpp"

#include <fmt/format.h>

#include "script/built_in_modules.hpp"
#include "script/known_names.hpp"
#include "script/loaded_script.hpp"
#include "script/nearest_name.hpp"
#include "script/sandbox.hpp"
#include "script/script_values.hpp"

namespace viaduct::script {

namespace {

// The tables' metamethods; upvalue 1 is the name of the module.
int unknown_function(lua_State* L) {
    const std::string module{text_at(L, lua_upvalueindex(1))};
    const std::string name{lua_type(L, 2) == LUA_TSTRING ? text_at(L, 2) : luaL_typename(L, 2)};
    fail(L, unknown_member_message(script_of(L).surroundings().registry, module, name));
}

int read_only(lua_State* L) { fail(L, fmt::format("viaduct.{} cannot be changed", text_at(L, lua_upvalueindex(1)))); }

void protect(lua_State* L, const std::string& module) {
    lua_createtable(L, 0, 3);
    push_text(L, module);
    lua_pushcclosure(L, guarded<unknown_function>, 1);
    lua_setfield(L, -2, "__index");
    push_text(L, module);
    lua_pushcclosure(L, guarded<read_only>, 1);
    lua_setfield(L, -2, "__newindex");
    push_text(L, "viaduct." + module);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

void push_built_in(lua_State* L, const BuiltInModule& module) {
    lua_createtable(L, 0, static_cast<int>(module.functions.size() + module.constants.size()));
    for (const Function& function : module.functions) {
        push_text(L, declared_name(function.declaration));
        lua_pushcfunction(L, function.call);
        lua_rawset(L, -3);
    }
    for (const Constant& constant : module.constants) {
        constant.push(L);
        lua_setfield(L, -2, constant.name);
    }
}

void push_registered(lua_State* L, const std::vector<const RegisteredFunction*>& functions) {
    lua_createtable(L, 0, static_cast<int>(functions.size()));
    for (const RegisteredFunction* function : functions) {
        push_text(L, function->declaration.name);
        lua_pushlightuserdata(L, const_cast<RegisteredFunction*>(function));
        lua_pushcclosure(L, guarded<call_registered_function>, 1);
        lua_rawset(L, -3);
    }
}

void push_server_module(lua_State* L, const std::string& name) {
    const ScriptRegistry& registry = script_of(L).surroundings().registry;
    if (const auto* module = find_built_in_module(name)) {
        push_built_in(L, *module);
    } else if (registry.has_module(name)) {
        push_registered(L, registry.functions(name));
    } else {
        fail(L, unknown_module_message(registry, name));
    }
    protect(L, name);
}

// What the file returns, or true, as Lua's own require does.
void run_file(lua_State* L, const std::string& name) {
    LoadedScript& script = script_of(L);
    const SourceFile* file = script.compiled().find(name);
    if (file == nullptr)
        fail(L, fmt::format("require \"{}\": files are read when the script is loaded, so their names must be written "
                            "as literal strings",
                            name));
    push_chunk(L, *file);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1) != 0) {
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
}

// Upvalue 1: what was required already, by name.
int require(lua_State* L) {
    const std::string name{check_text(L, 1)};
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
    lua_pop(L, 1);
    const std::string module{server_module_name(name)};
    if (module.empty()) {
        run_file(L, name);
    } else {
        push_server_module(L, module);
    }
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, lua_upvalueindex(1));
    return 1;
}

}  // namespace

void open_require(lua_State* L) {
    lua_newtable(L);
    lua_pushcclosure(L, guarded<require>, 1);
    lua_setglobal(L, "require");
}

void push_chunk(lua_State* L, const SourceFile& file) {
    const std::string name = "@" + file.name;
    if (luaL_loadbufferx(L, file.bytecode.data(), file.bytecode.size(), name.c_str(), "b") != LUA_OK) lua_error(L);
}

std::string_view server_module_name(std::string_view required) {
    constexpr std::string_view kPrefix = "viaduct.";
    return required.starts_with(kPrefix) ? required.substr(kPrefix.size()) : std::string_view{};
}

}  // namespace viaduct::script
