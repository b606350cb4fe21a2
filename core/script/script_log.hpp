// script_log: lines a script writes: "[CALL-ID] main.lua:12: text", tagged "script".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <viaduct/logger.hpp>

#include "script/lua_support.hpp"

namespace viaduct::script {

void write_script_log(lua_State* L, LogLevel level, std::string_view text);

}  // namespace viaduct::script
