// script_registry: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/script_registry.hpp"

#include <algorithm>
#include <stdexcept>

#include "script/built_in_modules.hpp"
#include "script/sandbox.hpp"

namespace viaduct::script {

class ScriptRegistry::Hook final : public ScriptHook {
public:
    Hook(ScriptRegistry& registry, std::string name) : registry_{registry}, name_{std::move(name)} {}
    ~Hook() override { registry_.hooks_.erase(name_); }
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;

    void call(std::vector<ScriptValue> arguments, Completion<ScriptHookOutcome> done) override {
        if (!registry_.hook_runner_) return done({});
        registry_.hook_runner_(name_, std::move(arguments), std::move(done));
    }

private:
    ScriptRegistry& registry_;
    std::string name_;
};

class ScriptRegistry::ModuleFunctions final : public ScriptApi {
public:
    ModuleFunctions(ScriptRegistry& registry, std::string module) : registry_{registry}, module_{std::move(module)} {}

    std::unique_ptr<ScriptHook> add_hook(std::string_view declaration, std::string_view help) override {
        return registry_.add_hook(module_, declaration, help);
    }

    Registration add_raw(std::string_view declaration, std::string_view help, ScriptFunction function) override {
        auto parsed = Declaration::parse(declaration);
        if (find(parsed.name) != nullptr)
            throw std::logic_error{"script function viaduct." + module_ + "." + parsed.name + " is declared twice"};
        functions_.push_back(
            {module_, std::string{declaration}, std::move(parsed), std::string{help}, std::move(function)});
        RegisteredFunction& added = functions_.back();
        return Registration{[&added] { added.call = nullptr; }};
    }

    const RegisteredFunction* find(std::string_view name) const {
        for (const auto& function : functions_)
            if (function.call && function.declaration.name == name) return &function;
        return nullptr;
    }
    std::vector<const RegisteredFunction*> all() const {
        std::vector<const RegisteredFunction*> found;
        for (const auto& function : functions_)
            if (function.call) found.push_back(&function);
        return found;
    }

private:
    ScriptRegistry& registry_;
    std::string module_;
    std::deque<RegisteredFunction> functions_;  // Lua states point into it
};

std::unique_ptr<ScriptHook> ScriptRegistry::add_hook(const std::string& module, std::string_view declaration,
                                                     std::string_view help) {
    auto parsed = Declaration::parse(declaration);
    const std::string name = parsed.name;
    const bool free = std::find(kHandlers.begin(), kHandlers.end(), name) == kHandlers.end() && !hooks_.contains(name);
    if (!name.starts_with("on_") || !free)
        throw std::logic_error{"script hook " + name + " of " + module + ": the name is taken or no on_NAME"};
    hooks_.emplace(name, RegisteredHook{module, std::move(parsed), std::string{help}});
    return std::make_unique<Hook>(*this, name);
}

ScriptRegistry::ScriptRegistry() = default;
ScriptRegistry::~ScriptRegistry() = default;

ScriptApi& ScriptRegistry::api_for(const std::string& module) {
    if (find_built_in_module(module) != nullptr)
        throw std::logic_error{"a module cannot be named '" + module + "': viaduct." + module + " is built in"};
    auto& entry = modules_[module];
    if (!entry) entry = std::make_unique<ModuleFunctions>(*this, module);
    return *entry;
}

bool ScriptRegistry::has_module(std::string_view module) const { return modules_.contains(module); }

std::vector<std::string> ScriptRegistry::modules() const {
    std::vector<std::string> names;
    for (const auto& [name, functions] : modules_)
        if (!functions->all().empty()) names.push_back(name);
    return names;
}

std::vector<const RegisteredFunction*> ScriptRegistry::functions(std::string_view module) const {
    const auto entry = modules_.find(module);
    return entry == modules_.end() ? std::vector<const RegisteredFunction*>{} : entry->second->all();
}

const RegisteredFunction* ScriptRegistry::find(std::string_view module, std::string_view function) const {
    const auto entry = modules_.find(module);
    return entry == modules_.end() ? nullptr : entry->second->find(function);
}

}  // namespace viaduct::script
