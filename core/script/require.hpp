// require: "viaduct.NAME" gives a module of the server, any other name a file beside the script.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "script/lua_support.hpp"

namespace viaduct::script {

// Defines the global `require` of a LoadedScript's state. Each thing required is made once per state.
void open_require(lua_State* L);

}  // namespace viaduct::script
