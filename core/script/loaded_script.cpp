// loaded_script: the life of a state and of the coroutines in it.
// SPDX-License-Identifier: Apache-2.0
#include "script/loaded_script.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "script/object_kinds.hpp"
#include "script/request_object.hpp"
#include "script/sandbox.hpp"
#include "script/script_values.hpp"

namespace viaduct::script {

namespace {

constexpr std::size_t kIdleThreads = 256;  // Lua threads kept for later requests; 1.4 kB each
constexpr std::size_t kMostSaid = 200;     // bytes of each thing in a log line
constexpr int kMostHookInterval = 10'000;  // instructions between two looks at the budget

int panic(lua_State*) { throw std::bad_alloc{}; }  // outside a script only memory can be short

class Flag {
public:
    explicit Flag(bool& flag) : flag_{flag} { flag_ = true; }
    Flag(const Flag&) = delete;
    Flag& operator=(const Flag&) = delete;
    ~Flag() { flag_ = false; }

private:
    bool& flag_;
};

// The global of that name as a registry reference, LUA_NOREF when it is not a function.
int take_handler(lua_State* L, const char* name) {
    lua_pushglobaltable(L);
    lua_pushstring(L, name);
    const int type = lua_rawget(L, -2);
    lua_remove(L, -2);
    if (type == LUA_TFUNCTION) return luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pop(L, 1);
    return LUA_NOREF;
}

std::string defined_at(lua_State* L, int function) {
    lua_Debug info;
    lua_rawgeti(L, LUA_REGISTRYINDEX, function);
    lua_getinfo(L, ">S", &info);
    return fmt::format("{}:{}", info.short_src, info.linedefined);
}

int add_trace(lua_State* L) {
    const std::string line = error_with_trace(L);
    push_text(L, line);
    return 1;
}

}  // namespace

std::shared_ptr<LoadedScript> LoadedScript::load(std::shared_ptr<const CompiledScript> compiled,
                                                 const Surroundings& surroundings, ScriptCounters& counters,
                                                 Diagnostics& problems) {
    std::shared_ptr<LoadedScript> script{new LoadedScript{std::move(compiled), surroundings, counters}};
    if (!script->run_top_level(problems)) return nullptr;
    return script;
}

LoadedScript::LoadedScript(std::shared_ptr<const CompiledScript> compiled, const Surroundings& surroundings,
                           ScriptCounters& counters)
    : compiled_{std::move(compiled)},
      surroundings_{surroundings},
      counters_{counters},
      complaints_{surroundings.workers, log_},
      heap_{surroundings.limits.memory},
      timers_{*this},
      hook_interval_{static_cast<int>(
          std::min<std::uint64_t>(kMostHookInterval, std::max<std::uint64_t>(1, surroundings.limits.instructions)))} {
    state_ = lua_newstate(&LuaHeap::reallocate, &heap_);
    if (state_ == nullptr) throw std::bad_alloc{};
    lua_atpanic(state_, panic);
    main_.thread = state_;
    *static_cast<Coroutine**>(lua_getextraspace(state_)) = &main_;
    lua_gc(state_, LUA_GCINC, 150, 200, 13);                       // wait for half again the live memory; steps of 8 kB
    lua_sethook(state_, on_count, LUA_MASKCOUNT, hook_interval_);  // every thread inherits it
    open_sandbox(state_);
}

LoadedScript::~LoadedScript() {
    timers_.clear();
    for (Coroutine& coroutine : coroutines_)
        if (coroutine.context) coroutine.context->where = nullptr;
    lua_close(state_);
}

bool LoadedScript::run_top_level(Diagnostics& problems) {
    loading_ = true;
    running_ = &main_;
    begin_budget(state_);
    lua_pushcfunction(state_, add_trace);
    push_chunk(state_, compiled_->main());
    int status = LUA_OK;
    {
        const LuaHeap::Enforced enforced{heap_};
        status = lua_pcall(state_, 0, 0, 1);
    }
    running_ = nullptr;
    loading_ = false;
    if (status != LUA_OK) {
        problems.push_back(Diagnostic::from_lua(text_at(state_, -1), compiled_->main().name));
        return false;
    }
    lua_settop(state_, 0);
    on_start_ = take_handler(state_, "on_start");
    on_request_ = take_handler(state_, "on_request");
    if (on_request_ == LUA_NOREF) {
        problems.push_back({compiled_->main().name, 0, "defines no function on_request(req)"});
        return false;
    }
    on_request_defined_ = defined_at(state_, on_request_);
    for (const auto& [name, hook] : surroundings_.registry.hooks()) {
        if (const int function = take_handler(state_, name.c_str()); function != LUA_NOREF) hooks_[name] = function;
    }
    return true;
}

void LoadedScript::handle(const std::shared_ptr<proxy::RequestContext>& context) {
    counters_.requests.add();
    Coroutine& coroutine = take();
    coroutine.context = context;
    context->where = [&coroutine] { return position(coroutine.thread); };
    requests_.emplace(context.get(), &coroutine);
    lua_rawgeti(coroutine.thread, LUA_REGISTRYINDEX, on_request_);
    push_request(coroutine.thread, coroutine);
    coroutine.arguments = 1;
    schedule(coroutine);
}

bool LoadedScript::cancel(proxy::RequestContext& context) {
    const auto found = requests_.find(&context);
    if (found == requests_.end()) return false;
    counters_.abandoned.add();
    found->second->abandoned = true;
    schedule(*found->second);
    return true;
}

void LoadedScript::call_hook(std::string_view hook, std::vector<ScriptValue> arguments,
                             Completion<ScriptHookOutcome> done) {
    const auto found = hooks_.find(std::string{hook});
    if (found == hooks_.end()) return done({});
    Coroutine& coroutine = take();
    coroutine.name = hook;
    coroutine.hook_done = std::move(done);
    ++hooks_under_way_;
    lua_rawgeti(coroutine.thread, LUA_REGISTRYINDEX, found->second);
    coroutine.arguments = push_values(coroutine.thread, std::move(arguments));
    schedule(coroutine);
}

void LoadedScript::start() {
    if (on_start_ != LUA_NOREF) call_background(on_start_, "on_start");
}

void LoadedScript::call_background(int reference, const char* name) {
    Coroutine& coroutine = take();
    coroutine.name = name;
    lua_rawgeti(coroutine.thread, LUA_REGISTRYINDEX, reference);
    schedule(coroutine);
}

void LoadedScript::retire() {
    retired_ = true;
    timers_.clear();
    for (Coroutine& coroutine : coroutines_) {
        if (!coroutine.in_use || coroutine.context || coroutine.hook_done) continue;
        coroutine.abandoned = true;
        schedule(coroutine);
    }
}

void LoadedScript::wake(Coroutine& coroutine, std::uint64_t wait, WaitResult result) {
    if (coroutine.wait != wait) {
        counters_.late.add();
        return;
    }
    coroutine.wait = 0;
    coroutine.result = std::move(result);
    if (coroutine.yielded) schedule(coroutine);  // else its binding has not returned yet and looks at the result
}

Coroutine& LoadedScript::take() {
    Coroutine* coroutine = nullptr;
    if (idle_.empty()) {
        coroutine = &coroutines_.emplace_back(*this);
    } else {
        coroutine = idle_.back();
        idle_.pop_back();
    }
    if (coroutine->thread == nullptr) {
        coroutine->thread = lua_newthread(state_);
        *static_cast<Coroutine**>(lua_getextraspace(coroutine->thread)) = coroutine;
        coroutine->reference = luaL_ref(state_, LUA_REGISTRYINDEX);
    }
    coroutine->in_use = true;
    return *coroutine;
}

// REQUIRES: the thread stands at its beginning with an empty stack, or is null.
void LoadedScript::recycle(Coroutine& coroutine) {
    ++coroutine.generation;
    coroutine.timer.withdraw();
    coroutine.result = nullptr;
    coroutine.name.clear();
    coroutine.wait = 0;
    coroutine.arguments = 0;
    coroutine.in_use = coroutine.yielded = coroutine.abandoned = coroutine.closing = false;
    if (coroutine.context) {
        coroutine.context->where = nullptr;
        requests_.erase(coroutine.context.get());
    }
    if (idle_.size() >= kIdleThreads && coroutine.thread != nullptr) drop_thread(coroutine);
    idle_.push_back(&coroutine);
    const auto last_reference = std::move(coroutine.context);  // may be destroyed here, with what it owns
}

void LoadedScript::drop_thread(Coroutine& coroutine) {
    luaL_unref(state_, LUA_REGISTRYINDEX, coroutine.reference);
    coroutine.thread = nullptr;
}

void LoadedScript::schedule(Coroutine& coroutine) {
    ready_.push_back({&coroutine, coroutine.generation});
    if (busy()) return;
    const auto keep = shared_from_this();  // what runs now may be the last of a retired script
    const Flag draining{draining_};
    while (!ready_.empty()) {
        const Ready next = ready_.front();
        ready_.pop_front();
        if (next.coroutine->generation != next.generation) continue;
        if (next.coroutine->abandoned) {
            close(*next.coroutine);
        } else {
            run(*next.coroutine);
        }
    }
}

void LoadedScript::run(Coroutine& coroutine) {
    running_ = &coroutine;
    coroutine.yielded = false;
    begin_budget(coroutine.thread);
    int results = 0;
    int status = LUA_OK;
    {
        const LuaHeap::Enforced enforced{heap_};
        status = lua_resume(coroutine.thread, nullptr, std::exchange(coroutine.arguments, 0), &results);
    }
    running_ = nullptr;
    after_run(coroutine, status, results);
}

void LoadedScript::after_run(Coroutine& coroutine, int status, int results) {
    if (status == LUA_YIELD) {
        counters_.waits.add();
        coroutine.yielded = true;
    } else if (status == LUA_OK && coroutine.hook_done) {
        complete_hook(coroutine, results);
    } else if (status == LUA_OK) {
        const bool answers = coroutine.context && !coroutine.abandoned && !coroutine.context->finished();
        complete(coroutine, answers ? read_outcome(coroutine.thread, results) : Outcome{}, answers);
    } else {
        failed(coroutine);
    }
}

void LoadedScript::complete(Coroutine& coroutine, Outcome outcome, bool answers) {
    const auto context = coroutine.context;
    lua_settop(coroutine.thread, 0);
    recycle(coroutine);
    if (!answers) return;
    if (auto* answer = std::get_if<proxy::Answer>(&outcome)) {
        context->finish_with(std::move(*answer));
    } else if (const auto* response = std::get_if<Response>(&outcome)) {
        context->finish_with(*response);
    } else {
        counters_.errors.add();
        context->finish_with_error(
            fmt::format("{}: on_request {}", on_request_defined_, std::get<BadOutcome>(outcome).problem));
    }
}

void LoadedScript::complete_hook(Coroutine& coroutine, int results) {
    auto done = std::move(coroutine.hook_done);
    ScriptHookOutcome outcome{.defined = true};
    if (!read_results(coroutine.thread, results, outcome.results)) {
        outcome.failed = true;
        log_.error("{}: {}", coroutine.name, text_at(coroutine.thread, -1));
    }
    lua_settop(coroutine.thread, 0);
    recycle(coroutine);
    --hooks_under_way_;
    done(std::move(outcome));
}

// An answer that was raised and not caught is the handler's, as if it had returned it.
bool LoadedScript::answer_raised(Coroutine& coroutine) {
    const auto context = coroutine.context;
    const auto* raised = to_object<Response>(coroutine.thread, -1, kResponseKind);
    if (raised == nullptr || !context || coroutine.abandoned || context->finished()) return false;
    const Response answer = *raised;
    close(coroutine);
    context->finish_with(answer);
    return true;
}

void LoadedScript::failed(Coroutine& coroutine) {
    if (answer_raised(coroutine)) return;
    const std::string problem = error_with_trace(coroutine.thread);
    const auto context = coroutine.context;
    const bool abandoned = coroutine.abandoned;
    const std::string name = coroutine.name;
    auto hook_done = std::move(coroutine.hook_done);
    counters_.errors.add();
    close(coroutine);
    if (!context) {
        complain(name + ":", problem);
        if (!hook_done) return;
        --hooks_under_way_;
        hook_done({.defined = true, .failed = true});
    } else if (!abandoned && !context->finished()) {
        context->finish_with_error(problem);
    } else {
        complain(fmt::format("[{}]", cut(context->message().call_id(), kMostSaid)), problem);
    }
}

void LoadedScript::complain(std::string_view where, std::string_view problem) {
    if (!complaints_.admits(LogLevel::error, problem.substr(0, problem.find(": ")))) return;
    log_.error("{} {}", where, cut(problem, 10 * kMostSaid));
}

// Runs what is to be closed. A thread that ended so is not used again: an error inside a hook leaves its hooks off.
void LoadedScript::close(Coroutine& coroutine) {
    coroutine.closing = true;
    coroutine.wait = 0;
    running_ = &coroutine;
    const bool had_failed = lua_status(coroutine.thread) > LUA_YIELD;  // that error comes back from resetting
    begin_budget(coroutine.thread);
    {
        const LuaHeap::Enforced enforced{heap_};
        const int status = lua_resetthread(coroutine.thread);
        if (status != LUA_OK && !had_failed && lua_type(coroutine.thread, -1) == LUA_TSTRING)
            complain("while closing:", text_at(coroutine.thread, -1));
    }
    running_ = nullptr;
    drop_thread(coroutine);
    recycle(coroutine);
}

void LoadedScript::begin_budget(lua_State* thread) {
    instructions_ = 0;
    if (!exhausted_) return;
    exhausted_ = false;
    lua_sethook(state_, on_count, LUA_MASKCOUNT, hook_interval_);
    lua_sethook(thread, on_count, LUA_MASKCOUNT, hook_interval_);
}

void LoadedScript::on_count(lua_State* L, lua_Debug* /*call*/) {
    LoadedScript& script = script_of(L);
    script.charge(L, static_cast<std::uint64_t>(lua_gethookcount(L)));
}

void LoadedScript::charge(lua_State* L, std::uint64_t instructions) {
    instructions_ += instructions;
    if (instructions_ <= surroundings_.limits.instructions) return;
    if (!std::exchange(exhausted_, true)) counters_.exhausted.add();
    // From here on every instruction fails, so that no pcall of the script can go on.
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    if (running_ != nullptr) lua_sethook(running_->thread, on_count, LUA_MASKCOUNT, 1);
    const std::string message = fmt::format("{}: ran for more than {} instructions without waiting", position(L),
                                            surroundings_.limits.instructions);
    push_text(L, message);
    lua_error(L);
}

}  // namespace viaduct::script
