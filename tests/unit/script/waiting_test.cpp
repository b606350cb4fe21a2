// Scripts wait without blocking; who comes too late wakes nobody.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "unit/script/script_fixture.hpp"

using Catch::Contains;
using viaduct::ScriptResults;
using viaduct::ScriptReturn;
using viaduct::ScriptValue;
using viaduct::test::ScriptFixture;
using namespace std::chrono_literals;

TEST_CASE("relay waits, and serial forking is the next line") {
    ScriptFixture fixture;
    fixture.run(R"(
        function on_request(req)
          local answer = req:relay({ "sip:bob@192.0.2.7" }, { ring_for = 25 })
          if answer.status == 486 then answer = req:relay { "sip:voicemail@192.0.2.9" } end
          return answer
        end)");
    const auto request = fixture.request();
    REQUIRE(request->relays.size() == 1);
    CHECK(request->relays[0].targets == std::vector<std::string>{"sip:bob@192.0.2.7"});
    CHECK(request->relays[0].options.ring_for == 25s);
    CHECK_FALSE(request->is_finished);

    request->answers(486);
    REQUIRE(request->relays.size() == 2);
    CHECK(request->relays[1].targets == std::vector<std::string>{"sip:voicemail@192.0.2.9"});
    request->answers(404);
    REQUIRE(request->answer);
    CHECK(request->answer->response.status() == 404);
}

TEST_CASE("an empty target set is answered 480 without sending anything (RFC 3261 section 16.5)") {
    ScriptFixture fixture;
    fixture.run(
        "function on_request(req) local answer = req:relay({}) assert(answer.is_local and answer.status == 480) return "
        "answer end");
    const auto request = fixture.request();
    CHECK(request->relays.empty());
    REQUIRE(request->response);
    CHECK(request->response->status == 480);
}

TEST_CASE("requests wait independently of one another") {
    ScriptFixture fixture;
    fixture.run(
        "function on_request(req) local uri = req.uri.user local answer = req:relay() return answer.status, uri end");
    const auto first = fixture.request("sip:one@example.test"), second = fixture.request("sip:two@example.test");
    CHECK(fixture.engine.requests_under_way() == 2);
    second->answers(404);
    first->answers(486);
    CHECK(second->response->reason == "two");
    CHECK(first->response->reason == "one");
}

TEST_CASE("sleep waits on the worker's clock") {
    ScriptFixture fixture;
    fixture.run("local timer = require 'viaduct.timer'\nfunction on_request(req) timer.sleep(2.5) return 503 end");
    const auto request = fixture.request();
    fixture.workers.advance(2400ms);
    CHECK_FALSE(request->is_finished);
    fixture.workers.advance(200ms);
    CHECK(ScriptFixture::status(*request) == 503);
}

TEST_CASE("a module's function may wait") {
    ScriptFixture fixture;
    ScriptReturn later;
    const auto registered = fixture.registry.api_for("db").add(
        "read(key: string): string?", "Reads.", [&](std::string, ScriptReturn done) { later = std::move(done); });
    fixture.run(
        "local db = require 'viaduct.db'\nfunction on_request(req) local value, n = db.read('x') return n, value end");
    const auto request = fixture.request();
    REQUIRE(later);
    CHECK_FALSE(request->is_finished);
    later(ScriptResults{ScriptValue{std::string{"found"}}, ScriptValue{std::int64_t{299}}});
    REQUIRE(request->response);
    CHECK(request->response->status == 299);
    CHECK(request->response->reason == "found");
}

TEST_CASE("a result that is there before the function returns costs no yield") {
    ScriptFixture fixture;
    const auto registered = fixture.registry.api_for("db").add(
        "read(key: string): integer", "Reads.",
        [](std::string, ScriptReturn done) { done(ScriptResults{ScriptValue{std::int64_t{204}}}); });
    fixture.run("local db = require 'viaduct.db'\nfunction on_request(req) return db.read('x') end");
    CHECK(ScriptFixture::status(*fixture.request()) == 204);
    CHECK(fixture.metrics.total("viaduct_script_waits_total") == 0);
}

TEST_CASE("waiting works through pcall") {
    ScriptFixture fixture;
    fixture.run(R"(
        function on_request(req)
          local ok, answer = pcall(function() return req:relay() end)
          local failed = pcall(function() req:relay() error("after waiting") end)
          return answer.status, tostring(ok) .. tostring(failed)
        end)");
    const auto request = fixture.request();
    request->answers(486);
    request->answers(487);
    REQUIRE(request->response);
    CHECK(request->response->status == 486);
    CHECK(request->response->reason == "truefalse");
}

TEST_CASE("when the caller gives up, what is to be closed is closed and the answer is not the script's") {
    ScriptFixture fixture;
    fixture.run(R"(
        local log = require "viaduct.log"
        function on_request(req)
          local guard <close> = setmetatable({}, { __close = function() log.info("closed %s", req.uri.user) end })
          return req:relay()
        end)");
    const auto request = fixture.request();
    fixture.engine.cancelled(*request);
    REQUIRE(fixture.log.size() == 1);
    CHECK_THAT(fixture.log[0], Contains("closed bob"));
    CHECK_FALSE(request->is_finished);
    CHECK(fixture.engine.requests_under_way() == 0);
}

TEST_CASE("a completion for a request that has ended wakes nobody, not even the coroutine's next user") {
    ScriptFixture fixture;
    fixture.run("function on_request(req) return req:relay().status end");
    const auto first = fixture.request();
    fixture.engine.cancelled(*first);
    const auto second = fixture.request();
    first->answers(486);
    CHECK_FALSE(first->is_finished);
    CHECK_FALSE(second->is_finished);
    CHECK(fixture.metrics.total("viaduct_script_late_completions_total") == 1);
    second->answers(404);
    CHECK(ScriptFixture::status(*second) == 404);
}

TEST_CASE("a completion after the engine is gone is harmless") {
    std::shared_ptr<viaduct::test::FakeRequest> request;
    {
        ScriptFixture fixture;
        fixture.run("function on_request(req) return req:relay() end");
        request = fixture.request();
    }
    request->answers(486);
    CHECK_FALSE(request->is_finished);
}

TEST_CASE("where Lua cannot yield, waiting is an error before anything was begun") {
    ScriptFixture fixture;
    fixture.run(R"(
        function on_request(req)
          table.sort({ 3, 2, 1 }, function(a, b) req:relay() return a < b end)
          return 200
        end)");
    const auto request = fixture.request();
    REQUIRE(request->error);
    CHECK_THAT(*request->error, Contains("main.lua:3") && Contains("has to wait") && Contains("table.sort"));
    CHECK(request->relays.empty());
}

TEST_CASE("coroutines of the script's own work, but cannot wait") {
    ScriptFixture fixture;
    fixture.run(R"(
        function on_request(req)
          local next_number = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
          local sum = next_number() + next_number()
          local ok, why = pcall(coroutine.wrap(function() return req:relay() end))
          assert(not ok)
          return 200 + sum, why
        end)");
    const auto request = fixture.request();
    REQUIRE(request->response);
    CHECK(request->response->status == 203);
    CHECK_THAT(request->response->reason, Contains("has to wait"));
}

TEST_CASE("yielding to nobody is an error") {
    ScriptFixture fixture;
    fixture.run("function on_request(req) coroutine.yield() return 200 end");
    const auto request = fixture.request();
    REQUIRE(request->error);
    CHECK_THAT(*request->error, Contains("coroutine.yield outside"));
}

TEST_CASE("what becomes ready inside another script's call runs after it") {
    ScriptFixture fixture;
    ScriptReturn waiting;
    auto api = [&]() -> viaduct::ScriptApi& { return fixture.registry.api_for("gate"); };
    const auto wait = api().add("wait(): boolean", "Waits.", [&](ScriptReturn done) { waiting = std::move(done); });
    const auto open = api().add("open()", "Opens.", [&] { waiting(ScriptResults{ScriptValue{true}}); });
    fixture.run(R"(
        local gate, log = require "viaduct.gate", require "viaduct.log"
        function on_request(req)
          if req.uri.user == "first" then gate.wait() log.info("first") return 200 end
          gate.open()
          log.info("second")
          return 200
        end)");
    const auto first = fixture.request("sip:first@example.test"), second = fixture.request("sip:second@example.test");
    REQUIRE(fixture.log.size() == 2);
    CHECK_THAT(fixture.log[0], Contains("second"));
    CHECK_THAT(fixture.log[1], Contains("first"));
    CHECK(first->is_finished);
}
