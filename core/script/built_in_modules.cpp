// built_in_modules: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/built_in_modules.hpp"

#include <array>

namespace viaduct::script {

std::span<const BuiltInModule* const> built_in_modules() {
    static constexpr std::array<const BuiltInModule*, 5> kAll{&kLogModule, &kServerModule, &kSharedModule,
                                                              &kTimerModule, &kUriModule};
    return kAll;
}

const BuiltInModule* find_built_in_module(std::string_view name) {
    for (const BuiltInModule* module : built_in_modules())
        if (name == module->name) return module;
    return nullptr;
}

std::vector<std::string> member_names(const BuiltInModule& module) {
    std::vector<std::string> names;
    for (const Function& function : module.functions) names.emplace_back(declared_name(function.declaration));
    for (const Constant& constant : module.constants) names.emplace_back(constant.name);
    return names;
}

}  // namespace viaduct::script
