// test_object: the `t` of a test: phones, subscribers, the clock, the network, expectations.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "script/seconds.hpp"
#include "script/test_objects.hpp"

namespace viaduct::script {

namespace {

TestBench& check_bench(lua_State* L) { return *check_object<TestBench*>(L, 1, kTestKind); }

int phone(lua_State* L) {
    const std::string name{check_text(L, 2)}, transport{optional_text(L, 3).value_or("udp")};
    if (transport != "udp" && transport != "tcp") luaL_argerror(L, 3, "\"udp\" or \"tcp\"");
    push_phone(L, check_bench(L).phone(name, transport));
    return 1;
}

int subscriber(lua_State* L) {
    const std::string user{check_text(L, 2)}, domain{check_text(L, 3)}, password{check_text(L, 4)};
    check_bench(L).add_subscriber(user, domain, password);
    return 0;
}

int advance(lua_State* L) {
    check_bench(L).advance(check_seconds(L, 2));
    return 0;
}

int lose(lua_State* L) {
    const double share = luaL_checknumber(L, 2);
    if (!(share >= 0 && share <= 1)) luaL_argerror(L, 2, "a share from 0 to 1");
    check_bench(L).lose(share);
    return 0;
}

int log(lua_State* L) {
    const auto& lines = check_bench(L).log_lines();
    lua_createtable(L, static_cast<int>(lines.size()), 0);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        push_text(L, lines[i]);
        lua_rawseti(L, -2, static_cast<lua_Integer>(i + 1));
    }
    return 1;
}

int never(lua_State* L) {
    check_bench(L).advance(Duration{});  // what is on its way arrives
    TestPhone& listening = check_phone(L, 2);
    const std::string what = (luaL_tolstring(L, 3, nullptr), std::string{text_at(L, -1)});
    const auto seen = listening.history();
    if (std::find(seen.begin(), seen.end(), what) != seen.end())
        fail(L, fmt::format("{} was never to receive {}; {}", listening.name(), what, received_by(listening)));
    return 0;
}

int expect(lua_State* L) {
    check_bench(L);
    luaL_checkany(L, 2);
    if (lua_toboolean(L, 2) == 0) fail(L, std::string{optional_text(L, 3).value_or("expectation failed")});
    return 0;
}

int equal(lua_State* L) {
    check_bench(L);
    if (lua_compare(L, 2, 3, LUA_OPEQ) != 0) return 0;
    const std::string got = (luaL_tolstring(L, 2, nullptr), std::string{text_at(L, -1)});
    const std::string wanted = (luaL_tolstring(L, 3, nullptr), std::string{text_at(L, -1)});
    fail(L, fmt::format("got {}, expected {}", got, wanted));
}

constexpr Function kMethods[]{
    {"phone(name: string, transport?: string): viaduct.test.Phone",
     "A phone with an address of its own; over \"udp\" or \"tcp\".", guarded<phone>},
    {"subscriber(user: string, domain: string, password: string)", "Adds a user to the database.", guarded<subscriber>},
    {"advance(seconds: number)", "Turns the clock; everything that falls due on the way happens.", guarded<advance>},
    {"lose(share: number)", "From now on this share of datagrams is lost.", guarded<lose>},
    {"log(): string[]", "What the server logged so far.", guarded<log>},
    {"never(phone: viaduct.test.Phone, what: string|integer)",
     "Fails when the phone has received that method or status.", guarded<never>},
    {"expect(condition: any, message?: string)", "Fails when the condition is false or nil.", guarded<expect>},
    {"equal(got: any, expected: any)", "Fails, showing both, when they differ.", guarded<equal>},
};

}  // namespace

std::span<const ObjectKind* const> test_object_kinds() {
    static constexpr std::array<const ObjectKind*, 3> kAll{&kTestKind, &kTestPhoneKind, &kTestMessageKind};
    return kAll;
}

void define_test_objects(lua_State* L) {
    for (const ObjectKind* kind : test_object_kinds()) define_kind(L, *kind);
}

void push_test(lua_State* L, TestBench& bench) { push_object(L, kTestKind, &bench); }

const ObjectKind kTestKind{"viaduct.Test", "One test with a server of its own.", {}, kMethods};

}  // namespace viaduct::script
