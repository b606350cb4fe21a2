// shared_module: viaduct.shared: values that all workers see, and all nodes where a module keeps them
// (viaduct/shared_store.hpp).
// SPDX-License-Identifier: Apache-2.0
#include "script/built_in_modules.hpp"
#include "script/loaded_script.hpp"
#include "script/seconds.hpp"

namespace viaduct::script {

namespace {

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

void push(lua_State* L, bool value) { lua_pushboolean(L, static_cast<int>(value)); }
void push(lua_State* L, std::int64_t value) { lua_pushinteger(L, value); }
void push(lua_State* L, double value) { lua_pushnumber(L, value); }
void push(lua_State* L, const std::string& value) { push_text(L, value); }
void push(lua_State* L, const std::optional<SharedValue>& value) {
    if (!value) return lua_pushnil(L);
    std::visit([L](const auto& held) { push(L, held); }, *value);
}

template <class T>
int push_answer(lua_State* L, const Result<T>& answer) {
    if (answer.has_error()) {
        lua_pushnil(L);
        push_text(L, answer.error().message());
        return 2;
    }
    if constexpr (std::is_void_v<T>) {
        push(L, true);
    } else {
        push(L, *answer);
    }
    return 1;
}

// Asks the store; the answer, now or later, is what the calling script gets.
template <class T, class Ask>
int answer_of(lua_State* L, Ask ask) {
    const Surroundings& surroundings = script_of(L).surroundings();
    if (surroundings.shared_waits) check_can_wait(L);
    return wait(L, [&](Wake wake) {
        ask(surroundings.shared, [wake = std::move(wake)](Result<T> answer) {
            wake([answer = std::move(answer)](lua_State* resumed) { return push_answer(resumed, answer); });
        });
    });
}

int get(lua_State* L) {
    const auto key = check_text(L, 1);
    return answer_of<std::optional<SharedValue>>(
        L, [&](SharedStore& store, auto done) { store.get(key, std::move(done)); });
}

int clear(lua_State* L, std::string_view key) {
    return answer_of<void>(L, [&](SharedStore& store, auto done) {
        store.remove(key, [done = std::move(done)](const Result<bool>& removed) {
            done(removed.has_error() ? Result<void>{removed.error()} : Result<void>{});
        });
    });
}

int set(lua_State* L) {
    const auto key = check_text(L, 1);
    if (lua_isnoneornil(L, 2)) return clear(L, key);
    auto value = check_value(L, 2);
    const auto ttl = check_ttl(L, 3);
    return answer_of<void>(
        L, [&](SharedStore& store, auto done) { store.set(key, std::move(value), ttl, std::move(done)); });
}

int add(lua_State* L) {
    const auto key = check_text(L, 1);
    auto value = check_value(L, 2);
    const auto ttl = check_ttl(L, 3);
    return answer_of<void>(
        L, [&](SharedStore& store, auto done) { store.add(key, std::move(value), ttl, std::move(done)); });
}

int increment(lua_State* L) {
    const auto key = check_text(L, 1);
    const std::int64_t by = luaL_optinteger(L, 2, 1);
    const auto ttl = check_ttl(L, 3);
    return answer_of<std::int64_t>(
        L, [&](SharedStore& store, auto done) { store.increment(key, by, ttl, std::move(done)); });
}

int remove(lua_State* L) {
    const auto key = check_text(L, 1);
    return answer_of<bool>(L, [&](SharedStore& store, auto done) { store.remove(key, std::move(done)); });
}

int count(lua_State* L) {
    return answer_of<std::int64_t>(L, [&](SharedStore& store, auto done) { store.count(std::move(done)); });
}

constexpr Function kFunctions[]{
    {"get(key: string): boolean|number|string|nil, string?",
     "The value, or nil. With a module that keeps values elsewhere (redis), nil and \"unavailable\" when it is silent; "
     "so all of these, and they wait.",
     guarded<get>},
    {"set(key: string, value: boolean|number|string|nil, ttl?: number): true?, string?",
     "Writes a value, for `ttl` seconds or until it is deleted. nil and \"full\" when there is no room.", guarded<set>},
    {"add(key: string, value: boolean|number|string, ttl?: number): true?, string?",
     "As set, but only when the key is not there; else nil and \"exists\".", guarded<add>},
    {"incr(key: string, by?: integer, ttl?: number): integer?, string?",
     "Adds to a number, 0 when it was not there, and returns the sum. `ttl` counts from the first.",
     guarded<increment>},
    {"delete(key: string): boolean?, string?", "Removes a value; true when there was one.", guarded<remove>},
    {"count(): integer?, string?", "How many values there are; of many in another place an estimate.", guarded<count>},
};

}  // namespace

const BuiltInModule kSharedModule{
    "shared",
    "Values that all workers share, lost when the server stops; with a module that keeps them elsewhere (redis) those "
    "of all nodes.",
    kFunctions,
    {}};

}  // namespace viaduct::script
