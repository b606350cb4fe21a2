// Lua must be the C++ build: errors and yields have to run the destructors of bindings. With the C build these tests
// fail.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <lua.hpp>

namespace {

struct Guard {
    int& destroyed;
    ~Guard() { ++destroyed; }
};

int raise(lua_State* L) {
    const Guard guard{*static_cast<int*>(lua_touserdata(L, 1))};
    return luaL_error(L, "raised");
}

int finish(lua_State*, int, lua_KContext) { return 0; }

int yield(lua_State* L) {
    const Guard guard{*static_cast<int*>(lua_touserdata(L, 1))};
    return lua_yieldk(L, 0, 0, finish);
}

}  // namespace

TEST_CASE("lua_error runs destructors") {
    lua_State* L = luaL_newstate();
    int destroyed = 0;
    lua_pushcfunction(L, raise);
    lua_pushlightuserdata(L, &destroyed);
    CHECK(lua_pcall(L, 1, 0, 0) == LUA_ERRRUN);
    CHECK(destroyed == 1);
    lua_close(L);
}

TEST_CASE("lua_yield runs destructors") {
    lua_State* L = luaL_newstate();
    lua_State* thread = lua_newthread(L);
    int destroyed = 0;
    int results = 0;
    lua_pushcfunction(thread, yield);
    lua_pushlightuserdata(thread, &destroyed);
    CHECK(lua_resume(thread, nullptr, 1, &results) == LUA_YIELD);
    CHECK(destroyed == 1);
    CHECK(lua_resume(thread, nullptr, 0, &results) == LUA_OK);
    lua_close(L);
}
