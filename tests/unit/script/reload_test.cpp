// Scripts change without a gap.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "unit/script/script_fixture.hpp"

using Catch::Contains;
using viaduct::test::ScriptFixture;
using namespace std::chrono_literals;

TEST_CASE("a request under way finishes on the script it began with, which then goes") {
    ScriptFixture fixture;
    fixture.run("function on_request(req) req:relay() return 481 end");
    const auto old = fixture.request();
    fixture.run("function on_request(req) return 482 end");
    CHECK(fixture.engine.states() == 2);
    CHECK(ScriptFixture::status(*fixture.request()) == 482);
    old->answers(486);
    CHECK(ScriptFixture::status(*old) == 481);
    CHECK(ScriptFixture::status(*fixture.request()) == 482);
    CHECK(fixture.engine.states() == 1);
}

TEST_CASE("a caller may give up on the old script") {
    ScriptFixture fixture;
    fixture.run("function on_request(req) return req:relay() end");
    const auto old = fixture.request();
    fixture.run("function on_request(req) return 482 end");
    fixture.engine.cancelled(*old);
    CHECK(fixture.engine.states() == 1);
    old->answers(486);
    CHECK_FALSE(old->is_finished);
}

TEST_CASE("a faulty script leaves the one in force alone") {
    ScriptFixture fixture;
    fixture.run("function on_request(req) return 481 end");
    const auto problems = fixture.load("function on_request(req)\n  return 200\n");
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].file == "main.lua");
    CHECK(problems[0].line >= 2);
    CHECK(fixture.load("error('at the top')\nfunction on_request(req) return 200 end")[0].text() ==
          "main.lua:1: at the top; stack traceback: main chunk (main.lua:1)");
    CHECK(ScriptFixture::status(*fixture.request()) == 481);
}

TEST_CASE("on_start runs once the worker is ready, may wait, and runs again for a new script") {
    ScriptFixture fixture;
    const std::string text =
        "local log, timer = require 'viaduct.log', require 'viaduct.timer'\nfunction on_request(req) return 200 "
        "end\nfunction on_start()\n  timer.sleep(1)\n  log.info('started')\nend";
    fixture.run(text);
    fixture.workers.advance(5s);
    CHECK(fixture.log.empty());
    fixture.engine.start();
    CHECK(fixture.log.empty());
    fixture.workers.advance(1100ms);
    CHECK(fixture.log.size() == 1);
    fixture.run(text);
    fixture.workers.advance(1100ms);
    CHECK(fixture.log.size() == 2);
}

TEST_CASE("a repeated timer runs until the script is replaced") {
    ScriptFixture fixture;
    fixture.run(R"(
        local log, timer = require "viaduct.log", require "viaduct.timer"
        function on_request(req) return 200 end
        function on_start()
          timer.every(10, function() log.info("tick") end)
          timer.after(5, function() log.info("once") end)
        end)");
    fixture.engine.start();
    fixture.workers.advance(31s);
    CHECK(fixture.log.size() == 4);
    CHECK_THAT(fixture.log[0], Contains("once"));
    fixture.run("function on_request(req) return 200 end");
    fixture.workers.advance(60s);
    CHECK(fixture.log.size() == 4);
}

TEST_CASE("a background function that waits ends with its script") {
    ScriptFixture fixture;
    fixture.run(
        "local timer = require 'viaduct.timer'\nfunction on_request(req) return 200 end\nfunction on_start() while "
        "true do timer.sleep(1) end end");
    fixture.engine.start();
    fixture.workers.advance(5s);
    fixture.run("function on_request(req) return 200 end");
    CHECK(fixture.engine.states() == 1);
    fixture.workers.advance(5s);
}

TEST_CASE("an error in the background is a log line") {
    ScriptFixture fixture;
    fixture.run("function on_request(req) return 200 end\nfunction on_start()\n  error('cannot')\nend");
    fixture.engine.start();
    REQUIRE(fixture.log.size() == 1);
    CHECK_THAT(fixture.log[0], Contains("on_start: main.lua:3: cannot"));
}

TEST_CASE("waiting while the script is loaded is an error that says when to wait") {
    ScriptFixture fixture;
    const auto problems = fixture.load("require('viaduct.timer').sleep(1)\nfunction on_request(req) return 200 end");
    REQUIRE(problems.size() == 1);
    CHECK_THAT(problems[0].text(), Contains("main.lua:1") && Contains("on_start"));
}

TEST_CASE("check reports problems without putting the script in force") {
    ScriptFixture fixture;
    const auto problems =
        fixture.check("local x = require 'viaduct.nothing'\nfunction on_request(req)\n  return undeclared\nend");
    REQUIRE(problems.size() == 2);
    CHECK(problems[1].text() == "main.lua:3: undeclared global 'undeclared'");
    CHECK(fixture.check("function on_request(req) return 200 end").empty());
    CHECK(fixture.engine.states() == 0);
}
