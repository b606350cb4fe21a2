// script_registry: the functions modules give to scripts, by module; one per process.
//
// Modules add while they are constructed, before workers run; from then on it is read by all workers without a lock. A
// withdrawn function stays known by name but is gone: its entry lives as long as the registry, so that a state that
// still holds it gets an error, nothing worse. Withdrawing happens when no worker runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/script_api.hpp>

#include "script/declaration.hpp"

namespace viaduct::script {

struct RegisteredFunction {
    std::string module;
    std::string text;  // the declaration as given
    Declaration declaration;
    std::string help;
    ScriptFunction call;  // empty when withdrawn
};

struct RegisteredHook {
    std::string module;
    Declaration declaration;
    std::string help;
};

class ScriptRegistry {
public:
    ScriptRegistry();
    ~ScriptRegistry();
    ScriptRegistry(const ScriptRegistry&) = delete;
    ScriptRegistry& operator=(const ScriptRegistry&) = delete;

    // What that module is lent; the same object every time. It appears in `require` once it has a function or was asked
    // for here. Throws std::logic_error for the name of a built-in module.
    ScriptApi& api_for(const std::string& module);

    // A function the script may define, see ScriptApi::add_hook(). `module` "": of the server itself.
    std::unique_ptr<ScriptHook> add_hook(const std::string& module, std::string_view declaration,
                                         std::string_view help);
    // Calls the function of that name in the script in force on this worker. Set by the server while there are scripts.
    using HookRunner =
        std::function<void(std::string_view hook, std::vector<ScriptValue> arguments, Completion<ScriptHookOutcome>)>;
    void set_hook_runner(HookRunner runner) { hook_runner_ = std::move(runner); }
    // Functions a script may define besides on_request and on_start, by name.
    const std::map<std::string, RegisteredHook, std::less<>>& hooks() const { return hooks_; }

    bool has_module(std::string_view module) const;
    std::vector<std::string> modules() const;  // sorted; without the built-in ones
    // In order of declaration; withdrawn ones are left out.
    std::vector<const RegisteredFunction*> functions(std::string_view module) const;
    const RegisteredFunction* find(std::string_view module, std::string_view function) const;

private:
    class ModuleFunctions;
    class Hook;
    std::map<std::string, RegisteredHook, std::less<>> hooks_;
    HookRunner hook_runner_;
    std::map<std::string, std::unique_ptr<ModuleFunctions>, std::less<>> modules_;
};

}  // namespace viaduct::script
