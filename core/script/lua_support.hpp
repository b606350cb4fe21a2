// lua_support: the few things every binding needs: pushing text, raising errors with file:line, saying where a script
// is.
//
// Lua is the C++ build, so lua_error and lua_yield unwind C++ frames (README.md). Never catch (...) around these.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <lua.hpp>

namespace viaduct::script {

inline void push_text(lua_State* L, std::string_view text) { lua_pushlstring(L, text.data(), text.size()); }

// The string (or number) at `argument`; raises a Lua error for anything else. Valid while the value is on the stack.
inline std::string_view check_text(lua_State* L, int argument) {
    std::size_t length = 0;
    const char* text = luaL_checklstring(L, argument, &length);
    return {text, length};
}
inline std::optional<std::string_view> optional_text(lua_State* L, int argument) {
    if (lua_isnoneornil(L, argument)) return std::nullopt;
    return check_text(L, argument);
}
// As lua_tolstring, for a value known to be a string.
inline std::string_view text_at(lua_State* L, int index) {
    std::size_t length = 0;
    const char* text = lua_tolstring(L, index, &length);
    return text == nullptr ? std::string_view{} : std::string_view{text, length};
}

// Raises a Lua error: "main.lua:12: " and the message; the position is that of the Lua function that called us.
[[noreturn]] void fail(lua_State* L, const std::string& message);
// "bad argument #1 (EXPECTED expected, got nil)"
[[noreturn]] void fail_argument(lua_State* L, int argument, std::string_view expected);

// "main.lua:12" of the innermost Lua function that runs or waits on this thread; "" when there is none.
std::string position(lua_State* L);
// The error at the top of a failed thread's stack and who called whom, on one line:
// "main.lua:12: no such thing; stack traceback: ring (main.lua:12), on_request (main.lua:30)". Pops nothing, allocates
// nothing in Lua.
std::string error_with_trace(lua_State* L);

// What a binding returns that wait()ed (coroutine.hpp), instead of a number of results.
inline constexpr int kWaits = -1;
// Yields until somebody wakes the coroutine; its results are then the binding's.
int yield_waiting(lua_State* L);

// A binding that may throw: a std::exception becomes a Lua error with file:line. What Lua itself throws passes through.
// One that waits yields here, where nothing is left to destroy: a yield unwinds, and every frame with a destructor
// makes that dearer.
template <lua_CFunction function>
int guarded(lua_State* L) {
    int results = 0;
    try {
        results = function(L);
    } catch (const std::exception& error) {
        fail(L, error.what());
    }
    return results == kWaits ? yield_waiting(L) : results;
}

// Restores the height of the stack.
class StackGuard {
public:
    explicit StackGuard(lua_State* L) : state_{L}, top_{lua_gettop(L)} {}
    StackGuard(const StackGuard&) = delete;
    StackGuard& operator=(const StackGuard&) = delete;
    ~StackGuard() { lua_settop(state_, top_); }

private:
    lua_State* state_;
    int top_;
};

}  // namespace viaduct::script
