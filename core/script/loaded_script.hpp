// loaded_script: one worker's Lua state with the operator's script in it, and the coroutines that run its handlers.
//
// Made from a CompiledScript that all workers share. Only one coroutine runs at a time; what becomes ready meanwhile is
// queued, so no script ever runs inside another one's call. Lives on its worker. Held by shared_ptr, because
// completions may come after a reload has ended it; they hold a weak_ptr.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include <viaduct/logger.hpp>

#include "base/log_limiter.hpp"
#include "script/compiled_script.hpp"
#include "script/coroutine.hpp"
#include "script/lua_heap.hpp"
#include "script/outcome.hpp"
#include "script/script_counters.hpp"
#include "script/script_timers.hpp"
#include "script/surroundings.hpp"

namespace viaduct::script {

class LoadedScript : public std::enable_shared_from_this<LoadedScript> {
public:
    // Runs the script's top level. On failure returns null and adds to `problems`.
    static std::shared_ptr<LoadedScript> load(std::shared_ptr<const CompiledScript> compiled,
                                              const Surroundings& surroundings, ScriptCounters& counters,
                                              Diagnostics& problems);
    ~LoadedScript();
    LoadedScript(const LoadedScript&) = delete;
    LoadedScript& operator=(const LoadedScript&) = delete;

    void handle(const std::shared_ptr<proxy::RequestContext>& context);
    // Closes the coroutine of that request. False when there is none here.
    bool cancel(proxy::RequestContext& context);
    // Calls a hook, if the script has it. `done` is dropped when the script is destroyed before.
    void call_hook(std::string_view hook, std::vector<ScriptValue> arguments, Completion<ScriptHookOutcome> done);
    // Runs on_start, if the script has one.
    void start();
    // New requests go elsewhere: ends timers and background coroutines; requests and hooks under way go on.
    void retire();

    std::size_t requests_under_way() const { return requests_.size(); }
    // Something of it is not over: it must stay.
    bool in_use() const { return !requests_.empty() || hooks_under_way_ != 0 || busy(); }
    bool busy() const { return running_ != nullptr || draining_; }
    std::uint64_t memory() const { return heap_.bytes(); }

    // -- for bindings
    const Surroundings& surroundings() const { return surroundings_; }
    const CompiledScript& compiled() const { return *compiled_; }
    bool loading() const { return loading_; }
    // Whose script runs now, also inside a coroutine.wrap; null only between runs.
    Coroutine* running() const { return running_; }
    std::uint64_t next_wait() { return ++last_wait_; }
    void wake(Coroutine& coroutine, std::uint64_t wait, WaitResult result);
    ScriptTimers& timers() { return timers_; }
    // Gives up a registry reference.
    void release(int reference) { luaL_unref(state_, LUA_REGISTRYINDEX, reference); }
    // Calls the function kept in the registry under `reference`, in a coroutine of its own, without a request.
    void call_background(int reference, const char* name);
    // Counts instructions that no hook sees (a new coroutine starts a new count).
    void charge(lua_State* L, std::uint64_t instructions);

private:
    LoadedScript(std::shared_ptr<const CompiledScript> compiled, const Surroundings& surroundings,
                 ScriptCounters& counters);

    bool run_top_level(Diagnostics& problems);
    Coroutine& take();
    void recycle(Coroutine& coroutine);
    void drop_thread(Coroutine& coroutine);
    void schedule(Coroutine& coroutine);
    void run(Coroutine& coroutine);
    void close(Coroutine& coroutine);
    void after_run(Coroutine& coroutine, int status, int results);
    void complete(Coroutine& coroutine, Outcome outcome, bool answers);
    void complete_hook(Coroutine& coroutine, int results);
    bool answer_raised(Coroutine& coroutine);
    void failed(Coroutine& coroutine);
    // `where` and `problem` make the line; problems at the same line of the script are limited together.
    void complain(std::string_view where, std::string_view problem);
    void begin_budget(lua_State* thread);
    static void on_count(lua_State* L, lua_Debug* call);

    const std::shared_ptr<const CompiledScript> compiled_;
    const Surroundings& surroundings_;
    ScriptCounters& counters_;
    Logger log_{"script"};
    LogLimiter complaints_;
    LuaHeap heap_;
    lua_State* state_ = nullptr;
    Coroutine main_{*this};  // stands for the state itself and for coroutines the script makes: cannot wait
    std::deque<Coroutine> coroutines_;
    std::vector<Coroutine*> idle_;
    struct Ready {
        Coroutine* coroutine;
        std::uint64_t generation;
    };
    std::deque<Ready> ready_;
    boost::unordered_flat_map<const proxy::RequestContext*, Coroutine*> requests_;
    ScriptTimers timers_;
    std::uint64_t last_wait_ = 0;
    std::uint64_t instructions_ = 0;  // used by the run under way
    int hook_interval_;
    int on_request_ = LUA_NOREF;
    int on_start_ = LUA_NOREF;
    boost::unordered_flat_map<std::string, int> hooks_;  // functions in the registry, by name
    std::size_t hooks_under_way_ = 0;
    std::string on_request_defined_;  // "main.lua:30"
    Coroutine* running_ = nullptr;
    bool loading_ = false;
    bool draining_ = false;  // the ready queue is being worked off
    bool exhausted_ = false;
    bool retired_ = false;
};

}  // namespace viaduct::script
