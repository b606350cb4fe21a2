// stubs: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/stubs.hpp"

#include <fmt/format.h>

#include "script/built_in_modules.hpp"
#include "script/object_kinds.hpp"
#include "script/relay_arguments.hpp"
#include "script/test_objects.hpp"

namespace viaduct::script {

namespace {

constexpr const char* kHead =
    "---@meta\n"
    "-- viaduct.lua: the names scripts can use, for the Lua language server. Written by the server: change its "
    "sources.\n"
    "-- SPDX-License-Identifier: Apache-2.0\n\n"
    "---@alias viaduct.Targets viaduct.Target|viaduct.Uri|string|(viaduct.Target|viaduct.Uri|string)[]\n"
    "---@alias viaduct.Result integer|viaduct.Response|viaduct.Answer\n\n"
    "-- The script defines this: it is called for every request, and returns the answer.\n"
    "---@param req viaduct.Request\n"
    "---@return viaduct.Result? answer\n"
    "---@return string? reason\n"
    "function on_request(req) end\n\n"
    "-- The script may define this: it is called once on every worker after the script was loaded. It may wait.\n"
    "function on_start() end\n\n";

// `prefix`: "Request:" or "log.".
std::string function_stub(const std::string& prefix, const Declaration& declaration, std::string_view help) {
    std::string text = fmt::format("-- {}\n", help);
    std::string names;
    for (const Parameter& parameter : declaration.parameters) {
        text += fmt::format("---@param {}{} {}\n", parameter.name, parameter.optional ? "?" : "", parameter.type);
        names += (names.empty() ? "" : ", ") + parameter.name;
    }
    for (const std::string& result : declaration.results) text += fmt::format("---@return {}\n", result);
    return text + fmt::format("function {}{}({}) end\n\n", prefix, declaration.name, names);
}

std::string hook_stub(const RegisteredHook& hook) {
    const std::string when =
        hook.module.empty() ? "" : fmt::format(" when the configuration has [module.{}]", hook.module);
    return fmt::format("-- The script may define this{}.\n", when) + function_stub("", hook.declaration, hook.help);
}

std::string class_stub(const ObjectKind& kind) {
    const std::string_view name = kind.name;
    const std::string local{name.substr(name.rfind('.') + 1)};
    std::string text = fmt::format("-- {}\n---@class {}\n", kind.help, kind.name);
    for (const Field& field : kind.fields)
        text += fmt::format("---@field {} {} {}\n", field.name, field.type, field.help);
    text += fmt::format("local {} = {{}}\n\n", local);
    for (const Function& method : kind.methods)
        text += function_stub(local + ":", Declaration::parse(method.declaration), method.help);
    return text;
}

std::string tests_stub() {
    std::string text =
        "-- In test files (*_test.lua) only: declares a test, which gets a fresh server.\n"
        "---@param name string\n"
        "---@param run fun(t: viaduct.Test)\n"
        "function test(name, run) end\n\n";
    for (const ObjectKind* kind : test_object_kinds()) text += class_stub(*kind);
    return text;
}

std::string options_stub() {
    std::string text = "-- How req:relay() goes about it.\n---@class viaduct.RelayOptions\n";
    for (const RelayOption& option : relay_options())
        text += fmt::format("---@field {}? {} {}\n", option.name, option.type, option.help);
    return text + "\n";
}

std::string built_in_stub(const BuiltInModule& module) {
    std::string text = fmt::format("-- {}\n---@class viaduct.{}\n", module.help, module.name);
    for (const Constant& constant : module.constants)
        text += fmt::format("---@field {} {} {}\n", constant.name, constant.type, constant.help);
    text += fmt::format("local {} = {{}}\n\n", module.name);
    for (const Function& function : module.functions)
        text += function_stub(std::string{module.name} + ".", Declaration::parse(function.declaration), function.help);
    return text;
}

std::string module_stub(const ScriptRegistry& registry, const std::string& module) {
    std::string text = fmt::format(
        "-- Of module {0}: there when the configuration has [module.{0}].\n---@class viaduct.{0}\nlocal {0} = {{}}\n\n",
        module);
    for (const auto* function : registry.functions(module))
        text += function_stub(module + ".", function->declaration, function->help);
    return text;
}

std::string require_stub(const std::vector<std::string>& modules) {
    std::string text;
    for (const std::string& module : modules)
        text += fmt::format("---@overload fun(name: \"viaduct.{0}\"): viaduct.{0}\n", module);
    return text + "---@param name string\n---@return any\nfunction require(name) end\n";
}

}  // namespace

std::string write_stubs(const ScriptRegistry& registry) {
    std::string text = kHead;
    for (const auto& [name, hook] : registry.hooks()) text += hook_stub(hook);
    for (const ObjectKind* kind : object_kinds()) text += class_stub(*kind);
    text += options_stub();
    text += tests_stub();
    std::vector<std::string> modules;
    for (const BuiltInModule* module : built_in_modules()) {
        text += built_in_stub(*module);
        modules.emplace_back(module->name);
    }
    for (const std::string& module : registry.modules()) {
        text += module_stub(registry, module);
        modules.push_back(module);
    }
    return text + require_stub(modules);
}

std::string explain_functions(const ScriptRegistry& registry, std::string_view module) {
    std::string text;
    if (const auto* built_in = find_built_in_module(module)) {
        for (const Function& function : built_in->functions)
            text += fmt::format("{}\n    {}\n", function.declaration, function.help);
    }
    for (const auto* function : registry.functions(module))
        text += fmt::format("{}\n    {}\n", function->text, function->help);
    return text;
}

}  // namespace viaduct::script
