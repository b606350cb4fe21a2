// known_names: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/known_names.hpp"

#include <fmt/format.h>

#include "script/built_in_modules.hpp"
#include "script/nearest_name.hpp"

namespace viaduct::script {

bool is_server_module(const ScriptRegistry& registry, std::string_view module) {
    return find_built_in_module(module) != nullptr || registry.has_module(module);
}

std::vector<std::string> server_module_members(const ScriptRegistry& registry, std::string_view module) {
    if (const auto* built_in = find_built_in_module(module)) return member_names(*built_in);
    std::vector<std::string> names;
    for (const auto* function : registry.functions(module)) names.push_back(function->declaration.name);
    return names;
}

std::string unknown_module_message(const ScriptRegistry& registry, std::string_view module) {
    auto known = registry.modules();
    for (const auto* built_in : built_in_modules()) known.emplace_back(built_in->name);
    return fmt::format("no module 'viaduct.{}'{}: is [module.{}] in the configuration?", module,
                       suggestion(module, known), module);
}

std::string unknown_member_message(const ScriptRegistry& registry, std::string_view module, std::string_view member) {
    return fmt::format("viaduct.{} has no '{}'{}", module, member,
                       suggestion(member, server_module_members(registry, module)));
}

}  // namespace viaduct::script
