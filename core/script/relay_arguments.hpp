// relay_arguments: the targets and options of req:relay(), read from Lua. All of them raise errors that say what was
// expected.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include <viaduct/script_api.hpp>

#include "proxy/request_context.hpp"
#include "script/lua_support.hpp"

namespace viaduct::script {

struct RelayOption {
    const char* name;
    const char* type;
    const char* help;
    void (*read)(lua_State* L, proxy::RelayOptions& options);  // the value is on top of the stack
};
std::span<const RelayOption> relay_options();

// A viaduct.Target, a viaduct.Uri or the text of a URI.
Target read_target(lua_State* L, int argument);
// One of those or a list of them; nullopt for nil. An empty list is an empty target set, which is not the same as none
// given.
std::optional<Targets> read_targets(lua_State* L, int argument);
proxy::RelayOptions read_relay_options(lua_State* L, int argument);

}  // namespace viaduct::script
