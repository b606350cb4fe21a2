// stubs: what scripts can use, for editors: LuaLS annotations, written from the same tables the bindings are made of.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "script/script_registry.hpp"

namespace viaduct::script {

// The text of scripts/types/viaduct.lua.
std::string write_stubs(const ScriptRegistry& registry);
// The functions of a module with their help, for `viactl config explain`.
std::string explain_functions(const ScriptRegistry& registry, std::string_view module);

}  // namespace viaduct::script
