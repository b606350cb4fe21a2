// hooks: functions a script may define for a module to call (viaduct/script_api.hpp).
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "script/stubs.hpp"
#include "script_fixture.hpp"

using namespace viaduct;
using namespace viaduct::test;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kOnRequest = "function on_request(req) return 200 end\n";

struct HookBench : ScriptFixture {
    HookBench() {
        registry.set_hook_runner(
            [this](std::string_view name, std::vector<ScriptValue> arguments, Completion<ScriptHookOutcome> done) {
                engine.call_hook(name, std::move(arguments), std::move(done));
            });
    }
    void define(const std::string& body) {
        run(std::string{kOnRequest} + "local gate = require \"viaduct.gate\"\n" + body);
    }
    std::optional<ScriptHookOutcome> call(std::vector<ScriptValue> arguments = {}) {
        outcome.reset();
        hook->call(std::move(arguments), [this](ScriptHookOutcome came) { outcome = std::move(came); });
        return outcome;
    }
    ScriptReturn waiting;
    std::optional<ScriptHookOutcome> outcome;
    Registration wait = registry.api_for("gate").add("wait(): integer", "Waits.",
                                                     [this](ScriptReturn done) { waiting = std::move(done); });
    std::unique_ptr<ScriptHook> hook =
        registry.api_for("gate").add_hook("on_gate(who: table): boolean?", "Asked at the gate.");
};

}  // namespace

TEST_CASE("a hook gets its arguments and gives its results") {
    HookBench bench;
    bench.define("function on_gate(who) return who.name == 'alice', 7, { 'x' } end");
    const auto outcome = bench.call({ScriptMap{{"name", ScriptValue{std::string{"alice"}}}}});
    REQUIRE(outcome);
    CHECK(outcome->defined);
    CHECK_FALSE(outcome->failed);
    REQUIRE(outcome->results.size() == 3);
    CHECK(std::get<bool>(outcome->results[0]));
    CHECK(std::get<std::int64_t>(outcome->results[1]) == 7);
}

TEST_CASE("a script without the hook, and a server without scripts, say so") {
    HookBench bench;
    bench.define("");
    CHECK_FALSE(bench.call()->defined);
    bench.registry.set_hook_runner({});
    CHECK_FALSE(bench.call()->defined);
}

TEST_CASE("a hook may wait; its answer comes when it is done") {
    HookBench bench;
    bench.define("function on_gate() return gate.wait() + 1 end");
    CHECK_FALSE(bench.call());
    bench.waiting(ScriptResults{ScriptValue{std::int64_t{402}}});
    REQUIRE(bench.outcome);
    CHECK(std::get<std::int64_t>(bench.outcome->results.at(0)) == 403);
}

TEST_CASE("a hook that waits ends on the script it began on, which stays until then") {
    HookBench bench;
    bench.define("function on_gate() return gate.wait() end");
    CHECK_FALSE(bench.call());
    ScriptReturn old = std::move(bench.waiting);
    bench.define("function on_gate() return 2 end");
    CHECK(bench.engine.states() == 2);
    CHECK(std::get<std::int64_t>(bench.call()->results.at(0)) == 2);
    bench.outcome.reset();
    old(ScriptResults{ScriptValue{std::int64_t{1}}});
    REQUIRE(bench.outcome);
    CHECK(std::get<std::int64_t>(bench.outcome->results.at(0)) == 1);
    bench.request();
    CHECK(bench.engine.states() == 1);
}

TEST_CASE("an error in a hook is logged with its line, and the module knows") {
    HookBench bench;
    bench.define("function on_gate(who) return who.name.first end");
    const auto outcome = bench.call({ScriptMap{}});
    REQUIRE(outcome);
    CHECK(outcome->failed);
    REQUIRE(bench.log.size() == 1);
    CHECK_THAT(bench.log[0], Contains("on_gate") && Contains("main.lua:3"));
}

TEST_CASE("a result that cannot leave the script is an error") {
    HookBench bench;
    bench.define("function on_gate() return print end");
    const auto outcome = bench.call();
    REQUIRE(outcome);
    CHECK(outcome->failed);
    CHECK(bench.log.size() == 1);
}

TEST_CASE("a hook of no module is an undeclared global, also by a wrong name") {
    HookBench bench;
    CHECK_THAT(bench.check(std::string{kOnRequest} + "function on_gaet() end").at(0).text(),
               Contains("undeclared global 'on_gaet'"));
    CHECK(bench.check(std::string{kOnRequest} + "function on_gate() end").empty());
    bench.hook.reset();
    CHECK_FALSE(bench.check(std::string{kOnRequest} + "function on_gate() end").empty());
}

TEST_CASE("two modules cannot have the same hook, nor one of the server's names") {
    HookBench bench;
    ScriptApi& other = bench.registry.api_for("other");
    CHECK_THROWS_AS(other.add_hook("on_gate()", ""), std::logic_error);
    CHECK_THROWS_AS(other.add_hook("on_request(req: viaduct.Request)", ""), std::logic_error);
    CHECK_THROWS_AS(other.add_hook("gate()", ""), std::logic_error);
}

TEST_CASE("editors are told of hooks") {
    HookBench bench;
    CHECK_THAT(script::write_stubs(bench.registry), Contains("function on_gate(who) end") && Contains("[module.gate]"));
}
