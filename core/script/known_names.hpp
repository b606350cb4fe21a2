// known_names: which names there are under `require "viaduct.NAME"`, and what to say about one that is not.
//
// Used both when a script is checked and when it runs, so that both say the same.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "script/script_registry.hpp"

namespace viaduct::script {

bool is_server_module(const ScriptRegistry& registry, std::string_view module);
// Functions and constants of a module.
std::vector<std::string> server_module_members(const ScriptRegistry& registry, std::string_view module);

// "no module 'viaduct.regstrar' (did you mean 'registrar'?): is [module.regstrar] in the configuration?"
std::string unknown_module_message(const ScriptRegistry& registry, std::string_view module);
// "viaduct.registrar has no 'lokup' (did you mean 'lookup'?)"
std::string unknown_member_message(const ScriptRegistry& registry, std::string_view module, std::string_view member);

}  // namespace viaduct::script
