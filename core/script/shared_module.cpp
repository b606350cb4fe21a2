// shared_module: viaduct.shared: values that all workers see (shared_dictionary.hpp).
// SPDX-License-Identifier: Apache-2.0
#include "script/built_in_modules.hpp"
#include "script/loaded_script.hpp"
#include "script/seconds.hpp"

namespace viaduct::script {

namespace {

using Change = SharedDictionary::Change;

SharedDictionary& dictionary(lua_State* L) { return script_of(L).surroundings().shared; }
TimePoint now(lua_State* L) { return script_of(L).surroundings().workers.now(); }

std::optional<Duration> check_ttl(lua_State* L, int argument) {
    if (lua_isnoneornil(L, argument)) return std::nullopt;
    const Duration ttl = check_seconds(L, argument);
    if (ttl == Duration{}) luaL_argerror(L, argument, "a time to live above 0 seconds");
    return ttl;
}

SharedValue check_value(lua_State* L, int argument) {
    switch (lua_type(L, argument)) {
        case LUA_TBOOLEAN: return lua_toboolean(L, argument) != 0;
        case LUA_TSTRING: return std::string{text_at(L, argument)};
        case LUA_TNUMBER:
            if (lua_isinteger(L, argument) != 0) return std::int64_t{lua_tointeger(L, argument)};
            return double{lua_tonumber(L, argument)};
        default: fail_argument(L, argument, "nil, boolean, number or string");
    }
}

void push_shared(lua_State* L, const SharedValue& value) {
    if (const auto* boolean = std::get_if<bool>(&value)) {
        lua_pushboolean(L, static_cast<int>(*boolean));
    } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        lua_pushinteger(L, *integer);
    } else if (const auto* number = std::get_if<double>(&value)) {
        lua_pushnumber(L, *number);
    } else {
        push_text(L, std::get<std::string>(value));
    }
}

int push_refusal(lua_State* L, Change change) {
    lua_pushnil(L);
    lua_pushstring(L, change == Change::exists ? "exists" : change == Change::full ? "full" : "not an integer");
    return 2;
}

int push_change(lua_State* L, Change change) {
    if (change != Change::done) return push_refusal(L, change);
    lua_pushboolean(L, 1);
    return 1;
}

int get(lua_State* L) {
    const auto value = dictionary(L).get(check_text(L, 1), now(L));
    if (value) {
        push_shared(L, *value);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

int set(lua_State* L) {
    const auto key = check_text(L, 1);
    if (lua_isnoneornil(L, 2)) {
        dictionary(L).remove(key, now(L));
        return push_change(L, Change::done);
    }
    return push_change(L, dictionary(L).set(key, check_value(L, 2), check_ttl(L, 3), now(L)));
}

int add(lua_State* L) {
    const auto key = check_text(L, 1);
    return push_change(L, dictionary(L).add(key, check_value(L, 2), check_ttl(L, 3), now(L)));
}

int increment(lua_State* L) {
    const auto key = check_text(L, 1);
    const auto sum = dictionary(L).increment(key, luaL_optinteger(L, 2, 1), check_ttl(L, 3), now(L));
    if (sum.change != Change::done) return push_refusal(L, sum.change);
    lua_pushinteger(L, sum.value);
    return 1;
}

int remove(lua_State* L) {
    lua_pushboolean(L, static_cast<int>(dictionary(L).remove(check_text(L, 1), now(L))));
    return 1;
}

int count(lua_State* L) {
    lua_pushinteger(L, static_cast<lua_Integer>(dictionary(L).count(now(L))));
    return 1;
}

constexpr Function kFunctions[]{
    {"get(key: string): boolean|number|string|nil", "The value, or nil.", guarded<get>},
    {"set(key: string, value: boolean|number|string|nil, ttl?: number): true?, string?",
     "Writes a value, for `ttl` seconds or until it is deleted. nil and \"full\" when there is no room.", guarded<set>},
    {"add(key: string, value: boolean|number|string, ttl?: number): true?, string?",
     "As set, but only when the key is not there; else nil and \"exists\".", guarded<add>},
    {"incr(key: string, by?: integer, ttl?: number): integer?, string?",
     "Adds to a number, 0 when it was not there, and returns the sum. `ttl` counts from the first.",
     guarded<increment>},
    {"delete(key: string): boolean", "Removes a value; true when there was one.", guarded<remove>},
    {"count(): integer", "How many values there are.", guarded<count>},
};

}  // namespace

const BuiltInModule kSharedModule{
    "shared", "Values that all workers share; lost when the server stops.", kFunctions, {}};

}  // namespace viaduct::script
