// outcome: what a handler returned, read from its Lua stack.
//
//   return 404 | return 404, "Not Here" | return response | return answer
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include <viaduct/response.hpp>

#include "proxy/request_context.hpp"
#include "script/lua_support.hpp"

namespace viaduct::script {

struct BadOutcome {
    std::string problem;  // "returned nothing"
};
using Outcome = std::variant<BadOutcome, Response, proxy::Answer>;

// Of the top `results` values.
Outcome read_outcome(lua_State* L, int results);

}  // namespace viaduct::script
