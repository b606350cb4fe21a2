// script_engine: one worker's RequestHandler: gives requests to the script that is in force, and changes scripts
// without a gap.
//
// A reload builds the new state beside the old; requests under way finish on the old one, which goes when its last one
// has ended. Lives on its worker; load() may also be called before the workers run.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

#include <viaduct/registration.hpp>

#include "proxy/request_context.hpp"
#include "script/compiled_script.hpp"
#include "script/script_counters.hpp"
#include "script/surroundings.hpp"

namespace viaduct::script {

class LoadedScript;

class ScriptEngine final : public proxy::RequestHandler {
public:
    explicit ScriptEngine(Surroundings surroundings);
    ~ScriptEngine() override;

    // Puts the script in force, running its top level (and on_start, once started). Empty: done. Otherwise the one
    // before stays.
    [[nodiscard]] Diagnostics load(std::shared_ptr<const CompiledScript> compiled);
    // Once, on the worker, when it is ready for traffic: runs on_start.
    void start();

    std::size_t requests_under_way() const;
    // Bytes of all its states, when it last had to do with one. Any thread.
    std::uint64_t memory() const { return memory_.load(std::memory_order_relaxed); }
    std::size_t states() const { return retired_.size() + (current_ ? 1 : 0); }  // more than one after a reload

    // Calls a hook of the script in force (viaduct/script_api.hpp).
    void call_hook(std::string_view hook, std::vector<ScriptValue> arguments, Completion<ScriptHookOutcome> done);

    // proxy::RequestHandler
    void handle(const std::shared_ptr<proxy::RequestContext>& context) override;
    void cancelled(proxy::RequestContext& context) override;

private:
    void drop_finished();
    void count_memory();

    Surroundings surroundings_;
    ScriptCounters counters_;
    std::shared_ptr<LoadedScript> current_;
    std::vector<std::shared_ptr<LoadedScript>> retired_;
    std::atomic<std::uint64_t> memory_{0};
    bool started_ = false;
    Registration memory_gauge_;
};

// For `viaduct check`: everything load() would say about the script, without putting it in force anywhere.
Diagnostics check_script(const std::string& path, const Surroundings& surroundings);

}  // namespace viaduct::script
