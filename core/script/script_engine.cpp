// script_engine: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/script_engine.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "script/loaded_script.hpp"

namespace viaduct::script {

ScriptEngine::ScriptEngine(Surroundings surroundings)
    : surroundings_{std::move(surroundings)},
      counters_{surroundings_.metrics},
      memory_gauge_{surroundings_.metrics.gauge(
          "viaduct_script_memory_bytes", "Memory of a worker's Lua states.",
          [this] { return static_cast<double>(memory()); }, fmt::format("worker=\"{}\"", surroundings_.worker))} {}

ScriptEngine::~ScriptEngine() = default;

Diagnostics ScriptEngine::load(std::shared_ptr<const CompiledScript> compiled) {
    Diagnostics problems;
    auto loaded = LoadedScript::load(std::move(compiled), surroundings_, counters_, problems);
    if (!loaded) return problems;
    if (current_) {
        current_->retire();
        retired_.push_back(std::move(current_));
    }
    current_ = std::move(loaded);
    if (started_) current_->start();
    drop_finished();
    count_memory();
    return problems;
}

void ScriptEngine::start() {
    started_ = true;
    if (current_) current_->start();
}

std::size_t ScriptEngine::requests_under_way() const {
    std::size_t count = current_ ? current_->requests_under_way() : 0;
    for (const auto& script : retired_) count += script->requests_under_way();
    return count;
}

void ScriptEngine::count_memory() {
    std::uint64_t bytes = current_ ? current_->memory() : 0;
    for (const auto& script : retired_) bytes += script->memory();
    memory_.store(bytes, std::memory_order_relaxed);
}

void ScriptEngine::handle(const std::shared_ptr<proxy::RequestContext>& context) {
    if (!current_) return context->finish_with_error("no script is loaded");
    drop_finished();
    current_->handle(context);
    count_memory();
}

void ScriptEngine::call_hook(std::string_view hook, std::vector<ScriptValue> arguments,
                             Completion<ScriptHookOutcome> done) {
    if (!current_) return done({});
    drop_finished();
    current_->call_hook(hook, std::move(arguments), std::move(done));
    count_memory();
}

void ScriptEngine::cancelled(proxy::RequestContext& context) {
    if (current_ && current_->cancel(context)) return;
    for (const auto& script : retired_)
        if (script->cancel(context)) break;
    drop_finished();
}

// A script inside one of its own calls stays until the next time.
void ScriptEngine::drop_finished() {
    std::erase_if(retired_, [](const auto& script) { return !script->in_use(); });
}

Diagnostics check_script(const std::string& path, const Surroundings& surroundings) {
    Diagnostics problems;
    auto compiled = CompiledScript::compile(path, surroundings.registry, problems);
    if (!compiled) return problems;
    ScriptCounters counters{surroundings.metrics};
    LoadedScript::load(std::move(compiled), surroundings, counters, problems);
    return problems;
}

}  // namespace viaduct::script
