// log_module: viaduct.log: lines that carry the Call-ID and the place in the script.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "script/built_in_modules.hpp"
#include "script/loaded_script.hpp"
#include "script/script_log.hpp"

namespace viaduct::script {

namespace {

const Logger& script_logger() {
    static const Logger kLogger{"script"};
    return kLogger;
}

// Replaces the arguments by string.format(arguments...). One argument is taken as it is.
void format_arguments(lua_State* L) {
    if (lua_gettop(L) == 1) {
        luaL_tolstring(L, 1, nullptr);
        return;
    }
    luaL_checkstring(L, 1);
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "format");
    lua_remove(L, -2);
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
}

template <LogLevel level>
int write_line(lua_State* L) {
    luaL_checkany(L, 1);
    if (!Logger::enabled(level)) return 0;
    format_arguments(L);
    write_script_log(L, level, text_at(L, -1));
    return 0;
}

constexpr Function kFunctions[]{
    {"debug(format: string, ...: any)", "Writes a line at level debug; more arguments go through string.format.",
     guarded<write_line<LogLevel::debug>>},
    {"info(format: string, ...: any)", "As debug, at level info.", guarded<write_line<LogLevel::info>>},
    {"warning(format: string, ...: any)", "As debug, at level warning.", guarded<write_line<LogLevel::warning>>},
    {"error(format: string, ...: any)", "As debug, at level error. The script goes on; error() of Lua ends it.",
     guarded<write_line<LogLevel::error>>},
};

}  // namespace

void write_script_log(lua_State* L, LogLevel level, std::string_view text) {
    if (!Logger::enabled(level)) return;
    const Coroutine* running = script_of(L).running();
    const auto call_id =
        running != nullptr && running->context ? running->context->message().call_id() : std::string_view{};
    if (call_id.empty()) {
        script_logger().write(level, fmt::format("{}: {}", position(L), text));
    } else {
        script_logger().write(level, fmt::format("[{}] {}: {}", call_id, position(L), text));
    }
}

const BuiltInModule kLogModule{"log", "Log lines with the Call-ID and the script's file:line.", kFunctions, {}};

}  // namespace viaduct::script
