// message_lookup: header fields of a message for scripts.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <viaduct/message.hpp>

#include "script/lua_support.hpp"

namespace viaduct::script {

// Pushes the first line's value, or nil.
int push_header(lua_State* L, const Message& message, std::string_view name);
// Pushes a list. Fields that are lists by their grammar (Via, Contact, Supported, ...) give their values one by one,
// others their lines.
int push_headers(lua_State* L, const Message& message, std::string_view name);

}  // namespace viaduct::script
