// script_timers: timer.after and timer.every: functions of the script that run later, in a coroutine of their own.
//
// A repeated timer is armed again when its time has come, not when its function has ended. Lives in its LoadedScript.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>

#include <viaduct/registration.hpp>
#include <viaduct/time.hpp>

#include "script/lua_support.hpp"

namespace viaduct::script {

class LoadedScript;

class ScriptTimers {
public:
    static constexpr std::size_t kMost = 10'000;

    explicit ScriptTimers(LoadedScript& script) : script_{script} {}
    ScriptTimers(const ScriptTimers&) = delete;
    ScriptTimers& operator=(const ScriptTimers&) = delete;

    // Takes the function at the top of the stack (pops it). Raises an error when there are too many.
    void add(lua_State* L, Duration delay, bool repeat);
    void clear() { timers_.clear(); }
    std::size_t size() const { return timers_.size(); }

private:
    struct Entry {
        int function;  // in the registry
        Duration delay;
        bool repeat;
        Registration armed;
    };
    void arm(std::uint64_t id, Entry& entry);
    void fire(std::uint64_t id);

    LoadedScript& script_;
    std::unordered_map<std::uint64_t, Entry> timers_;
    std::uint64_t last_ = 0;
};

}  // namespace viaduct::script
