// script_values: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/script_values.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "script/object_kinds.hpp"
#include "script/request_object.hpp"
#include "script/script_registry.hpp"

namespace viaduct::script {

namespace {

constexpr int kDeepest = 16;

ScriptValue read(lua_State* L, int index, int argument, int depth);

[[noreturn]] void unfit(lua_State* L, int index, int argument) {
    fail(L,
         fmt::format("bad argument #{} (a {} cannot be given to this function)", argument, to_object_name(L, index)));
}

ScriptValue read_object(lua_State* L, int index, int argument) {
    if (const Uri* uri = to_object<Uri>(L, index, kUriKind)) return *uri;
    if (const Target* target = to_object<Target>(L, index, kTargetKind)) return *target;
    if (const Response* response = to_object<Response>(L, index, kResponseKind)) return *response;
    if (to_object<RequestHandle>(L, index, kRequestKind) != nullptr)
        return ScriptValue{static_cast<Request*>(&check_request(L, index))};
    unfit(L, index, argument);
}

ScriptValue read_list(lua_State* L, int index, lua_Integer length, int argument, int depth) {
    ScriptList list;
    list.reserve(static_cast<std::size_t>(length));
    for (lua_Integer i = 1; i <= length; ++i) {
        lua_rawgeti(L, index, i);
        list.push_back(read(L, lua_gettop(L), argument, depth + 1));
        lua_pop(L, 1);
    }
    const auto is_target = [](const ScriptValue& value) { return std::holds_alternative<Target>(value); };
    if (list.empty() || !std::all_of(list.begin(), list.end(), is_target)) return list;
    Targets targets;
    targets.reserve(list.size());
    for (ScriptValue& value : list) targets.push_back(std::get<Target>(std::move(value)));
    return targets;
}

ScriptValue read_map(lua_State* L, int index, int argument, int depth) {
    ScriptMap map;
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        if (lua_type(L, -2) != LUA_TSTRING)
            fail(L, fmt::format("bad argument #{} (a table is either a list or has names as keys)", argument));
        map.emplace(text_at(L, -2), read(L, lua_gettop(L), argument, depth + 1));
        lua_pop(L, 1);
    }
    if (map.empty()) return ScriptList{};
    return map;
}

ScriptValue read_table(lua_State* L, int index, int argument, int depth) {
    if (depth >= kDeepest)
        fail(L, fmt::format("bad argument #{} (tables nested more than {} deep)", argument, kDeepest));
    luaL_checkstack(L, 8, "nested tables");
    const auto length = static_cast<lua_Integer>(lua_rawlen(L, index));
    return length > 0 ? read_list(L, index, length, argument, depth) : read_map(L, index, argument, depth);
}

ScriptValue read(lua_State* L, int index, int argument, int depth) {
    switch (lua_type(L, index)) {
        case LUA_TNONE:
        case LUA_TNIL: return {};
        case LUA_TBOOLEAN: return lua_toboolean(L, index) != 0;
        case LUA_TNUMBER:
            if (lua_isinteger(L, index) != 0) return std::int64_t{lua_tointeger(L, index)};
            return double{lua_tonumber(L, index)};
        case LUA_TSTRING: return std::string{text_at(L, index)};
        case LUA_TTABLE: return read_table(L, index, argument, depth);
        case LUA_TUSERDATA: return read_object(L, index, argument);
        default: unfit(L, index, argument);
    }
}

struct Push {
    lua_State* L;
    void operator()(std::monostate) const { lua_pushnil(L); }
    void operator()(bool value) const { lua_pushboolean(L, static_cast<int>(value)); }
    void operator()(std::int64_t value) const { lua_pushinteger(L, value); }
    void operator()(double value) const { lua_pushnumber(L, value); }
    void operator()(const std::string& value) const { push_text(L, value); }
    void operator()(Uri&& value) const { push_uri(L, std::move(value)); }
    void operator()(Target&& value) const { push_target(L, std::move(value)); }
    void operator()(Response&& value) const { push_response(L, std::move(value)); }
    void operator()(Targets&& value) const { push_targets(L, std::move(value)); }
    void operator()(ScriptList&& list) const {
        lua_createtable(L, static_cast<int>(list.size()), 0);
        for (std::size_t i = 0; i < list.size(); ++i) {
            push_value(L, std::move(list[i]));
            lua_rawseti(L, -2, static_cast<lua_Integer>(i + 1));
        }
    }
    void operator()(ScriptMap&& map) const {
        lua_createtable(L, 0, static_cast<int>(map.size()));
        for (auto& [name, value] : map) {
            push_text(L, name);
            push_value(L, std::move(value));
            lua_rawset(L, -3);
        }
    }
    void operator()(Request*) const { fail(L, "a module function returned a request"); }
    void operator()(ScriptRaise&& raise) const {
        push_response(L, std::move(raise.answer));
        lua_error(L);
    }
};

// "bad argument #2 (string expected)" with what was given instead.
std::string with_given(lua_State* L, std::string message) {
    const auto number = message.find('#');
    const int argument = number == std::string::npos ? 0 : std::atoi(message.c_str() + number + 1);
    if (argument >= 1 && message.ends_with(')'))
        message.insert(message.size() - 1,
                       ", got " + (argument <= lua_gettop(L) ? to_object_name(L, argument) : "no value"));
    return message;
}

// The values, and below the top of the stack where to put them.
int collect_results(lua_State* L) {
    auto& results = *static_cast<ScriptResults*>(lua_touserdata(L, -1));
    const int count = lua_gettop(L) - 1;
    for (int i = 1; i <= count; ++i) results.push_back(read_value(L, i));
    return 0;
}

}  // namespace

bool read_results(lua_State* L, int count, ScriptResults& results) {
    luaL_checkstack(L, 2, "results");
    lua_pushcfunction(L, guarded<collect_results>);
    lua_insert(L, -(count + 1));
    lua_pushlightuserdata(L, &results);
    return lua_pcall(L, count + 1, 0, 0) == LUA_OK;
}

ScriptValue read_value(lua_State* L, int argument) { return read(L, argument, argument, 0); }

void push_value(lua_State* L, ScriptValue&& value) {
    luaL_checkstack(L, 8, "nested tables");
    using Variant = ScriptValue::variant;
    std::visit(Push{L}, static_cast<Variant&&>(value));
}

int push_values(lua_State* L, ScriptResults&& values) {
    luaL_checkstack(L, static_cast<int>(values.size()), "too many results");
    for (ScriptValue& value : values) push_value(L, std::move(value));
    return static_cast<int>(values.size());
}

void push_targets(lua_State* L, Targets&& targets) {
    lua_createtable(L, static_cast<int>(targets.size()), 0);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        push_target(L, std::move(targets[i]));
        lua_rawseti(L, -2, static_cast<lua_Integer>(i + 1));
    }
}

int call_registered_function(lua_State* L) {
    const auto& function = *static_cast<const RegisteredFunction*>(lua_touserdata(L, lua_upvalueindex(1)));
    if (!function.call)
        fail(L,
             fmt::format("viaduct.{}.{} is gone: its module was unloaded", function.module, function.declaration.name));
    std::vector<ScriptValue> arguments;
    const int count = lua_gettop(L);
    arguments.reserve(static_cast<std::size_t>(count));
    for (int i = 1; i <= count; ++i) arguments.push_back(read_value(L, i));
    try {
        return wait(L, [&](Wake wake) {
            function.call(arguments, [wake = std::move(wake)](ScriptResults results) {
                wake([results = std::move(results)](lua_State* resumed) mutable {
                    return push_values(resumed, std::move(results));
                });
            });
        });
    } catch (const ScriptArgumentError& error) {
        fail(L,
             fmt::format("viaduct.{}.{}: {}", function.module, function.declaration.name, with_given(L, error.what())));
    }
}

}  // namespace viaduct::script
