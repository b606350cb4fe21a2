// script_registry: the functions modules give to scripts, by module; one per process.
//
// Modules add while they are constructed, before workers run; from then on it is read by all workers without a lock. A
// withdrawn function stays known by name but is gone: its entry lives as long as the registry, so that a state that
// still holds it gets an error, nothing worse. Withdrawing happens when no worker runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
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

class ScriptRegistry {
public:
    ScriptRegistry();
    ~ScriptRegistry();
    ScriptRegistry(const ScriptRegistry&) = delete;
    ScriptRegistry& operator=(const ScriptRegistry&) = delete;

    // What that module is lent; the same object every time. It appears in `require` once it has a function or was asked
    // for here. Throws std::logic_error for the name of a built-in module.
    ScriptApi& api_for(const std::string& module);

    bool has_module(std::string_view module) const;
    std::vector<std::string> modules() const;  // sorted; without the built-in ones
    // In order of declaration; withdrawn ones are left out.
    std::vector<const RegisteredFunction*> functions(std::string_view module) const;
    const RegisteredFunction* find(std::string_view module, std::string_view function) const;

private:
    class ModuleFunctions;
    std::map<std::string, std::unique_ptr<ModuleFunctions>, std::less<>> modules_;
};

}  // namespace viaduct::script
