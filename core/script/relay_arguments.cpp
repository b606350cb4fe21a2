// relay_arguments: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/relay_arguments.hpp"

#include <fmt/format.h>

#include "script/nearest_name.hpp"
#include "script/object_kinds.hpp"
#include "script/seconds.hpp"

namespace viaduct::script {

namespace {

using proxy::RelayOptions;

bool read_boolean(lua_State* L) {
    if (lua_type(L, -1) != LUA_TBOOLEAN) fail(L, fmt::format("true or false expected, got {}", luaL_typename(L, -1)));
    return lua_toboolean(L, -1) != 0;
}
Duration read_seconds(lua_State* L) {
    if (lua_type(L, -1) != LUA_TNUMBER)
        fail(L, fmt::format("a number of seconds expected, got {}", luaL_typename(L, -1)));
    return check_seconds(L, lua_gettop(L));
}

constexpr RelayOption kOptions[]{
    {"ring_for", "number", "Seconds until branches without a final response are cancelled; the answer is then 408.",
     [](lua_State* L, RelayOptions& o) { o.ring_for = read_seconds(L); }},
    {"answer_within", "number", "Seconds by which any response at all must have come.",
     [](lua_State* L, RelayOptions& o) { o.answer_within = read_seconds(L); }},
    {"record_route", "boolean", "Stay in the path of the dialog this makes. Default true.",
     [](lua_State* L, RelayOptions& o) { o.record_route = read_boolean(L); }},
    {"serial_by_q", "boolean", "Try targets of the highest q first, then the next. Default false: all at once.",
     [](lua_State* L, RelayOptions& o) { o.serial_by_q = read_boolean(L); }},
    {"stop_at_6xx", "boolean", "A 6xx ends all other branches. Default true.",
     [](lua_State* L, RelayOptions& o) { o.stop_at_6xx = read_boolean(L); }},
};

[[noreturn]] void unknown_option(lua_State* L, const std::string& name) {
    std::vector<std::string> known;
    for (const RelayOption& option : kOptions) known.emplace_back(option.name);
    fail(L, fmt::format("relay has no option '{}'{}", name, suggestion(name, known)));
}

void read_option(lua_State* L, RelayOptions& options) {  // key at -2, value at -1
    if (lua_type(L, -2) != LUA_TSTRING)
        unknown_option(
            L, lua_isinteger(L, -2) != 0 ? "[" + std::to_string(lua_tointeger(L, -2)) + "]" : luaL_typename(L, -2));
    const auto name = text_at(L, -2);
    for (const RelayOption& option : kOptions) {
        if (name == option.name) return option.read(L, options);
    }
    unknown_option(L, std::string{name});
}

bool is_target(lua_State* L, int index) {
    return lua_type(L, index) == LUA_TSTRING || to_object<Target>(L, index, kTargetKind) != nullptr ||
           to_object<Uri>(L, index, kUriKind) != nullptr;
}

Target target_of(lua_State* L, int index) {
    if (const Target* target = to_object<Target>(L, index, kTargetKind)) return *target;
    Target made;
    made.uri = check_uri(L, index);
    return made;
}

Targets read_list(lua_State* L, int argument) {
    const auto length = static_cast<lua_Integer>(lua_rawlen(L, argument));
    Targets targets;
    targets.reserve(static_cast<std::size_t>(length));
    for (lua_Integer i = 1; i <= length; ++i) {
        lua_rawgeti(L, argument, i);
        if (!is_target(L, -1))
            fail(L, fmt::format("target {} of the list: a target, a URI or the text of one expected, got {}", i,
                                to_object_name(L, -1)));
        targets.push_back(target_of(L, lua_gettop(L)));
        lua_pop(L, 1);
    }
    if (length == 0) {
        lua_pushnil(L);
        if (lua_next(L, argument) != 0) fail(L, "a list of targets expected; options are the second argument of relay");
    }
    return targets;
}

}  // namespace

std::span<const RelayOption> relay_options() { return kOptions; }

Target read_target(lua_State* L, int argument) {
    if (!is_target(L, argument)) fail_argument(L, argument, "viaduct.Target, viaduct.Uri or the text of one");
    return target_of(L, argument);
}

std::optional<Targets> read_targets(lua_State* L, int argument) {
    if (lua_isnoneornil(L, argument)) return std::nullopt;
    if (lua_type(L, argument) == LUA_TTABLE) return read_list(L, argument);
    if (!is_target(L, argument)) fail_argument(L, argument, "list of targets or URIs");
    Targets targets;
    targets.push_back(target_of(L, argument));
    return targets;
}

proxy::RelayOptions read_relay_options(lua_State* L, int argument) {
    RelayOptions options;
    if (lua_isnoneornil(L, argument)) return options;
    if (lua_type(L, argument) != LUA_TTABLE) fail_argument(L, argument, "table of options");
    lua_pushnil(L);
    while (lua_next(L, argument) != 0) {
        read_option(L, options);
        lua_pop(L, 1);
    }
    return options;
}

}  // namespace viaduct::script
