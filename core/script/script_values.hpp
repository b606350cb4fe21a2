// script_values: the values modules see (ScriptValue) from and to Lua.
//
// Empty tables become empty lists, which fit where a map is expected, too. Tables may nest 16 deep; deeper ones raise
// Lua errors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/script_api.hpp>

#include "script/lua_support.hpp"

namespace viaduct::script {

// The value at `argument` of a function called from Lua; errors name that argument.
ScriptValue read_value(lua_State* L, int argument);
void push_value(lua_State* L, ScriptValue&& value);
int push_values(lua_State* L, ScriptResults&& values);  // how many
// The top `count` values of a stack nothing else runs on: what a hook returned. False with the reason on top when one
// cannot leave the script.
bool read_results(lua_State* L, int count, ScriptResults& results);
// A Lua list of viaduct.Target.
void push_targets(lua_State* L, Targets&& targets);

// The closure of a module's function: light userdata of its RegisteredFunction as upvalue 1. May wait.
int call_registered_function(lua_State* L);

}  // namespace viaduct::script
