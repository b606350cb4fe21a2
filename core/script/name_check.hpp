// name_check: finds names in a Lua file that nothing answers to, before it runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "script/diagnostic.hpp"
#include "script/script_registry.hpp"

namespace viaduct::script {

struct RequiredFile {
    std::string module;  // "lib.routes"
    int line;
};

// Adds a diagnostic for every undeclared global, unknown module, and unknown member of a module, a request or an
// answer. Returns the files it requires. `text` has been compiled by Lua.
std::vector<RequiredFile> check_names(std::string_view text, const std::string& file, const ScriptRegistry& registry,
                                      Diagnostics& problems);

}  // namespace viaduct::script
