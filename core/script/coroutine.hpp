// coroutine: one Lua thread that runs a handler, and how it waits.
//
// A Coroutine serves one request (or on_start, or a timer's function) at a time and is used again afterwards; its
// generation tells the uses apart, so that what is left over from an earlier use (a request object kept by the script,
// a late completion) finds nobody. Found from inside bindings through Lua's extra space. Lives in its LoadedScript, on
// its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <viaduct/registration.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/unique_function.hpp>

#include "proxy/request_context.hpp"
#include "script/lua_support.hpp"

namespace viaduct::script {

class LoadedScript;

// What a wait ends with: run on the coroutine, it pushes the results of the waiting call and returns how many; or
// raises.
using WaitResult = UniqueFunction<int(lua_State*)>;

struct Coroutine {
    explicit Coroutine(LoadedScript& owner) : script{owner} {}

    LoadedScript& script;
    lua_State* thread = nullptr;
    int reference = 0;  // in the registry: a thread nothing refers to would be collected
    std::shared_ptr<proxy::RequestContext>
        context;                              // null outside of requests; shared with the proxy, which may outlast us
    Completion<ScriptHookOutcome> hook_done;  // of a hook's call; empty otherwise
    std::uint64_t generation = 1;
    std::string name;        // "on_start", "timer", a hook's; "" for a request
    std::uint64_t wait = 0;  // number of the wait under way; 0: none
    WaitResult result;       // of the wait that has ended
    int arguments = 0;       // on the thread's stack for the next resume
    bool in_use = false;
    bool yielded = false;    // stands in a wait
    bool abandoned = false;  // to be closed as soon as no script runs
    bool closing = false;    // its to-be-closed variables run
    Registration timer;      // of timer.sleep
};

inline Coroutine& coroutine_of(lua_State* L) { return **static_cast<Coroutine**>(lua_getextraspace(L)); }
inline LoadedScript& script_of(lua_State* L) { return coroutine_of(L).script; }

// Ends a wait. Called on the coroutine's worker; too late (the coroutine is gone, or its script) it does nothing.
class Wake {
public:
    Wake(std::weak_ptr<LoadedScript> script, Coroutine& coroutine, std::uint64_t wait)
        : script_{std::move(script)}, coroutine_{&coroutine}, wait_{wait} {}
    void operator()(WaitResult result) const;

private:
    std::weak_ptr<LoadedScript> script_;  // a completion may come after a reload ended the script
    Coroutine* coroutine_;
    std::uint64_t wait_;
};

// Makes the calling script wait: `start` is given the Wake and begins the operation. When it wakes us before it returns
// there is no yield. The binding, a guarded<> one, must return what wait() returns. Raises an error where scripts
// cannot wait.
int wait(lua_State* L, UniqueFunction<void(Wake)> start);
// For operations that begin something irrevocable: raises the error before it begins.
void check_can_wait(lua_State* L);

}  // namespace viaduct::script
