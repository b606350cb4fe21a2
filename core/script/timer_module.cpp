// timer_module: viaduct.timer: waiting, and functions that run later.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "script/built_in_modules.hpp"
#include "script/loaded_script.hpp"
#include "script/seconds.hpp"

namespace viaduct::script {

namespace {

int sleep(lua_State* L) {
    const Duration delay = check_seconds(L, 1);
    check_can_wait(L);
    return wait(L, [L, delay](Wake wake) {
        Coroutine& coroutine = coroutine_of(L);
        coroutine.timer = coroutine.script.surroundings().workers.after(
            delay, [wake = std::move(wake)] { wake([](lua_State*) { return 0; }); });
    });
}

template <bool repeat>
int call_later(lua_State* L) {
    const Duration delay = check_seconds(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    if (repeat && delay < 1ms) luaL_argerror(L, 1, "at least 0.001 seconds");
    LoadedScript& script = script_of(L);
    if (script.loading()) fail(L, "timers are set in on_start or in a handler, not while the script is loaded");
    lua_settop(L, 2);
    script.timers().add(L, delay, repeat);
    return 0;
}

constexpr Function kFunctions[]{
    {"sleep(seconds: number)", "Waits; other requests go on meanwhile.", guarded<sleep>},
    {"after(seconds: number, run: fun())",
     "Runs a function later, outside of any request. A reload of the script ends it.", guarded<call_later<false>>},
    {"every(seconds: number, run: fun())", "Runs a function again and again, on this worker; set it in on_start.",
     guarded<call_later<true>>},
};

}  // namespace

Duration check_seconds(lua_State* L, int argument) {
    constexpr double kMost = 366.0 * 24 * 3600;
    const double seconds = luaL_checknumber(L, argument);
    if (!(seconds >= 0) || seconds > kMost) luaL_argerror(L, argument, "seconds, from 0 to a year");
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

const BuiltInModule kTimerModule{"timer", "Waiting, and functions that run later.", kFunctions, {}};

}  // namespace viaduct::script
