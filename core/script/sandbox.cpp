// sandbox: the libraries and the global environment. `require`: require.cpp.
// SPDX-License-Identifier: Apache-2.0
#include "script/sandbox.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "script/loaded_script.hpp"
#include "script/nearest_name.hpp"
#include "script/object_kinds.hpp"
#include "script/require.hpp"
#include "script/script_log.hpp"

namespace viaduct::script {

namespace {

constexpr std::uint64_t kCoroutineCharge = 10'000;  // a new Lua thread starts a new count of instructions

void remove_fields(lua_State* L, const char* table, std::initializer_list<const char*> names) {
    lua_getglobal(L, table);
    for (const char* name : names) {
        lua_pushnil(L);
        lua_setfield(L, -2, name);
    }
    lua_pop(L, 1);
}

// Replaces table.name by `wrapper` with the original function as its upvalue.
void wrap(lua_State* L, const char* table, const char* name, lua_CFunction wrapper) {
    lua_getglobal(L, table);
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, wrapper, 1);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

int call_original(lua_State* L) {
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

int charged_coroutine(lua_State* L) {  // coroutine.create, coroutine.wrap
    script_of(L).charge(L, kCoroutineCharge);
    return call_original(L);
}

// Pattern matching runs in C, where no hook counts, and may backtrack for very long: its time is charged.
int charged_matching(lua_State* L) {
    constexpr auto kOrdinary = std::chrono::milliseconds{1};
    constexpr auto kInstruction = std::chrono::nanoseconds{20};
    const auto begin = std::chrono::steady_clock::now();
    const int results = call_original(L);
    const auto took = std::chrono::steady_clock::now() - begin;
    if (took > kOrdinary) script_of(L).charge(L, static_cast<std::uint64_t>(took / kInstruction));
    return results;
}

int coroutine_yield(lua_State* L) {
    if (coroutine_of(L).thread == L) fail(L, "coroutine.yield outside of coroutine.wrap or coroutine.create");
    return lua_yield(L, lua_gettop(L));
}

lua_Integer wall_seconds(lua_State* L) {
    return script_of(L).surroundings().workers.wall_now().time_since_epoch().count();
}

int os_time(lua_State* L) {
    if (lua_isnoneornil(L, 1) == 0) return call_original(L);
    lua_pushinteger(L, wall_seconds(L));
    return 1;
}

int os_date(lua_State* L) {
    lua_settop(L, 2);
    if (lua_isnil(L, 1) != 0) {
        lua_pushliteral(L, "%c");
        lua_replace(L, 1);
    }
    if (lua_isnil(L, 2) != 0) {
        lua_pushinteger(L, wall_seconds(L));
        lua_replace(L, 2);
    }
    return call_original(L);
}

int print(lua_State* L) {
    std::string line;
    for (int i = 1; i <= lua_gettop(L); ++i) {
        if (i > 1) line += '\t';
        line += text_at(L, (luaL_tolstring(L, i, nullptr), -1));
        lua_pop(L, 1);
    }
    write_script_log(L, LogLevel::info, line);
    return 0;
}

void open_os(lua_State* L) {
    luaL_requiref(L, "os", luaopen_os, 1);
    lua_createtable(L, 0, 3);
    for (const char* name : {"time", "date", "clock"}) {
        lua_getfield(L, -2, name);
        lua_setfield(L, -2, name);
    }
    lua_setglobal(L, "os");
    lua_pop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushnil(L);
    lua_setfield(L, -2, "os");  // the whole library is not reachable any more
    lua_pop(L, 1);
    wrap(L, "os", "time", guarded<os_time>);
    wrap(L, "os", "date", guarded<os_date>);
}

int undeclared_read(lua_State* L) {
    const std::string name{lua_type(L, 2) == LUA_TSTRING ? text_at(L, 2) : luaL_typename(L, 2)};
    fail(L, fmt::format("undeclared global '{}'{}", name, suggestion(name, known_globals())));
}

using MayDefine = bool (*)(lua_State*, std::string_view);

int undeclared_write(lua_State* L) {
    const std::string name{lua_type(L, 2) == LUA_TSTRING ? text_at(L, 2) : luaL_typename(L, 2)};
    const auto may_define = reinterpret_cast<MayDefine>(lua_touserdata(L, lua_upvalueindex(1)));
    if (!may_define(L, name)) fail(L, fmt::format("undeclared global '{}': write 'local {}'", name, name));
    lua_rawset(L, 1);
    return 0;
}

bool is_handler_being_loaded(lua_State* L, std::string_view name) {
    const LoadedScript& script = script_of(L);
    return script.loading() && (std::find(kHandlers.begin(), kHandlers.end(), name) != kHandlers.end() ||
                                script.surroundings().registry.hooks().contains(name));
}

}  // namespace

void open_safe_libraries(lua_State* L) {
    const luaL_Reg libraries[]{{"_G", luaopen_base},   {"table", luaopen_table}, {"string", luaopen_string},
                               {"math", luaopen_math}, {"utf8", luaopen_utf8},   {"coroutine", luaopen_coroutine}};
    for (const luaL_Reg& library : libraries) {
        luaL_requiref(L, library.name, library.func, 1);
        lua_pop(L, 1);
    }
    remove_fields(L, "string", {"dump"});
    remove_fields(L, "_G", {"dofile", "loadfile", "load", "collectgarbage", "warn"});
}

void make_globals_strict(lua_State* L, MayDefine may_define) {
    lua_pushglobaltable(L);
    lua_createtable(L, 0, 3);
    lua_pushcfunction(L, guarded<undeclared_read>);
    lua_setfield(L, -2, "__index");
    lua_pushlightuserdata(L, reinterpret_cast<void*>(may_define));
    lua_pushcclosure(L, guarded<undeclared_write>, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushliteral(L, "strict globals");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

void open_sandbox(lua_State* L) {
    open_safe_libraries(L);
    open_os(L);
    for (const char* name : {"find", "match", "gsub"}) wrap(L, "string", name, guarded<charged_matching>);
    wrap(L, "coroutine", "create", guarded<charged_coroutine>);
    wrap(L, "coroutine", "wrap", guarded<charged_coroutine>);
    wrap(L, "coroutine", "yield", coroutine_yield);
    lua_register(L, "print", guarded<print>);
    open_require(L);
    for (const ObjectKind* kind : object_kinds()) define_kind(L, *kind);
    make_globals_strict(L, is_handler_being_loaded);
}

const std::vector<std::string>& known_globals() {
    static const std::vector<std::string> kNames{
        "_G",      "assert", "coroutine",    "error",      "getmetatable", "ipairs",   "math",     "next",
        "os",      "pairs",  "pcall",        "print",      "rawequal",     "rawget",   "rawlen",   "rawset",
        "require", "select", "setmetatable", "string",     "table",        "tonumber", "tostring", "type",
        "utf8",    "xpcall", "_VERSION",     "on_request", "on_start"};
    return kNames;
}

}  // namespace viaduct::script
