// server_module: viaduct.server: facts about the server the script runs in.
// SPDX-License-Identifier: Apache-2.0
#include "script/built_in_modules.hpp"
#include "script/loaded_script.hpp"

namespace viaduct::script {

namespace {

int push_domains(lua_State* L) {
    const auto& domains = script_of(L).surroundings().domains;
    lua_createtable(L, static_cast<int>(domains.size()), 0);
    for (std::size_t i = 0; i < domains.size(); ++i) {
        push_text(L, domains[i]);
        lua_rawseti(L, -2, static_cast<lua_Integer>(i + 1));
    }
    return 1;
}

int push_version(lua_State* L) {
    push_text(L, script_of(L).surroundings().version);
    return 1;
}

int push_worker(lua_State* L) {
    lua_pushinteger(L, static_cast<lua_Integer>(script_of(L).surroundings().worker));
    return 1;
}

int push_workers(lua_State* L) {
    lua_pushinteger(L, static_cast<lua_Integer>(script_of(L).surroundings().workers.count()));
    return 1;
}

int now(lua_State* L) {
    const auto since_start = script_of(L).surroundings().workers.now().time_since_epoch();
    lua_pushnumber(L, std::chrono::duration<double>{since_start}.count());
    return 1;
}

constexpr Function kFunctions[]{
    {"now(): number", "Seconds on a clock that never jumps, for measuring; os.time() is the calendar.", guarded<now>},
};
constexpr Constant kConstants[]{
    {"domains", "string[]", "[server] domains, lower case.", push_domains},
    {"version", "string", "The server's version.", push_version},
    {"worker", "integer", "This worker's number, from 0.", push_worker},
    {"workers", "integer", "How many workers there are.", push_workers},
};

}  // namespace

const BuiltInModule kServerModule{"server", "Facts about the server.", kFunctions, kConstants};

}  // namespace viaduct::script
