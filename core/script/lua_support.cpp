// lua_support: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/lua_support.hpp"

#include <fmt/format.h>

namespace viaduct::script {

namespace {

constexpr int kTraceLevels = 12;  // more is a recursion; the innermost ones tell enough

std::string name_of(const lua_Debug& call) {
    if (call.name != nullptr) return call.name;
    return *call.what == 'm' ? "main chunk" : "function";
}

}  // namespace

void fail(lua_State* L, const std::string& message) {
    luaL_where(L, 1);
    push_text(L, message);
    lua_concat(L, 2);
    lua_error(L);
    __builtin_unreachable();
}

void fail_argument(lua_State* L, int argument, std::string_view expected) {
    fail(L, fmt::format("bad argument #{} ({} expected, got {})", argument, expected, luaL_typename(L, argument)));
}

std::string position(lua_State* L) {
    lua_Debug call;
    for (int level = 0; lua_getstack(L, level, &call) != 0; ++level) {
        lua_getinfo(L, "Sl", &call);
        if (call.currentline > 0) return fmt::format("{}:{}", call.short_src, call.currentline);
    }
    return {};
}

std::string error_with_trace(lua_State* L) {
    std::string line;
    if (lua_type(L, -1) == LUA_TSTRING) {
        line = text_at(L, -1);
    } else {
        line = fmt::format("error value is a {}", luaL_typename(L, -1));
    }
    const char* separator = "; stack traceback: ";
    lua_Debug call;
    int shown = 0;
    for (int level = 0; shown < kTraceLevels && lua_getstack(L, level, &call) != 0; ++level) {
        lua_getinfo(L, "Sln", &call);
        if (call.currentline <= 0) continue;  // C functions have no line
        line += fmt::format("{}{} ({}:{})", separator, name_of(call), call.short_src, call.currentline);
        separator = ", ";
        ++shown;
    }
    return line;
}

}  // namespace viaduct::script
