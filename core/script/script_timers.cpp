// script_timers: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/script_timers.hpp"

#include <utility>

#include "script/loaded_script.hpp"

namespace viaduct::script {

void ScriptTimers::add(lua_State* L, Duration delay, bool repeat) {
    if (timers_.size() >= kMost) fail(L, "too many timers: " + std::to_string(kMost) + " are set");
    const int function = luaL_ref(L, LUA_REGISTRYINDEX);
    const std::uint64_t id = ++last_;
    arm(id, timers_.emplace(id, Entry{function, delay, repeat, {}}).first->second);
}

void ScriptTimers::arm(std::uint64_t id, Entry& entry) {
    entry.armed = script_.surroundings().workers.after(entry.delay, [this, id] { fire(id); });
}

void ScriptTimers::fire(std::uint64_t id) {
    const auto keep = script_.shared_from_this();
    const auto found = timers_.find(id);
    if (found == timers_.end()) return;
    const int function = found->second.function;
    if (found->second.repeat) {
        arm(id, found->second);
        script_.call_background(function, "timer.every");
        return;
    }
    timers_.erase(found);
    script_.call_background(function, "timer.after");
    script_.release(function);
}

}  // namespace viaduct::script
