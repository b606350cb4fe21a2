// seconds: durations in scripts are numbers of seconds.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/time.hpp>

#include "script/lua_support.hpp"

namespace viaduct::script {

// Raises an error for negative ones, those above a year, and what is no number.
Duration check_seconds(lua_State* L, int argument);

}  // namespace viaduct::script
