// sandbox: what a script finds: safe libraries, strict globals, require.
//
// No io, debug, load, dofile or print to standard output; of os only time, date and clock, on the worker's clock.
// Globals cannot be made; the handlers (kHandlers) may be defined while the script is loaded. `require` knows viaduct.*
// and the files beside the script.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "script/compiled_script.hpp"
#include "script/lua_support.hpp"

namespace viaduct::script {

inline constexpr std::array<const char*, 2> kHandlers{"on_request", "on_start"};

// Base, string, table, math, utf8 and coroutine without what could leave the state. No strictness yet.
void open_safe_libraries(lua_State* L);
// Reading or writing a global that does not exist raises an error from now on; `may_define` is asked about new ones.
void make_globals_strict(lua_State* L, bool (*may_define)(lua_State* L, std::string_view name));
// All of it, for the state of a LoadedScript, and the classes of object_kinds.
void open_sandbox(lua_State* L);

// Pushes the file's main function.
void push_chunk(lua_State* L, const SourceFile& file);
// The names an unchanged global environment has; for the check of names.
const std::vector<std::string>& known_globals();
// `require`'s argument for a module of the server: "viaduct.auth" -> "auth"; "" for a file.
std::string_view server_module_name(std::string_view required);

}  // namespace viaduct::script
