// built_in_modules: the modules every script has without a table in the configuration: log, timer, shared, server, uri.
//
// Each is a table of functions in its own file (log_module.cpp, ...); adding one adds a line to the list in the .cpp.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "script/object.hpp"

namespace viaduct::script {

// A constant of the module's table, computed when the state is made.
struct Constant {
    const char* name;
    const char* type;
    const char* help;
    lua_CFunction push;
};

struct BuiltInModule {
    const char* name;  // "log"
    const char* help;
    std::span<const Function> functions;
    std::span<const Constant> constants;
};

extern const BuiltInModule kLogModule, kTimerModule, kSharedModule, kServerModule, kUriModule;

std::span<const BuiltInModule* const> built_in_modules();
const BuiltInModule* find_built_in_module(std::string_view name);
std::vector<std::string> member_names(const BuiltInModule& module);

}  // namespace viaduct::script
