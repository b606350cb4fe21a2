// What a script finds, and what it does not.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "unit/script/script_fixture.hpp"

using Catch::Contains;
using viaduct::test::ScriptFixture;

namespace {

// The error of a handler with that body, "" when it ran.
std::string error_of(const std::string& body) {
    ScriptFixture fixture;
    fixture.run("local env = setmetatable({}, { __index = _ENV })\nfunction on_request(req)\n" + body +
                "\nreturn 200\nend");
    return fixture.request()->error.value_or("");
}

}  // namespace

TEST_CASE("nothing in a script reaches files, processes or bytecode") {
    for (const char* name : {"io", "debug", "load", "loadfile", "dofile", "package", "collectgarbage"}) {
        CAPTURE(name);
        CHECK_THAT(error_of(std::string{"local x = env['"} + name + "']"), Contains("undeclared global"));
    }
    CHECK_THAT(error_of("os.execute('true')"), Contains("nil value"));
    CHECK_THAT(error_of("os.getenv('HOME')"), Contains("nil value"));
    CHECK_THAT(error_of("string.dump(print)"), Contains("nil value"));
}

TEST_CASE("the safe libraries are there") {
    CHECK(error_of("assert(string.format('%d', 7) == '7' and math.max(1, 2) == 2 and table.concat({ 'a', 'b' }) == "
                   "'ab' and utf8.len('ä') == 1)")
              .empty());
}

TEST_CASE("the calendar is the worker's") {
    ScriptFixture fixture;
    fixture.run("function on_request(req) return 200, os.time() .. os.date('!%Y', 0) end");
    const auto seconds = fixture.workers.wall_now().time_since_epoch().count();
    CHECK(fixture.request()->response->reason == std::to_string(seconds) + "1970");
}

TEST_CASE("a global that sneaks past the check of names is found when it is read or written") {
    CHECK_THAT(error_of("local x = env['contcts']"), Contains("main.lua:3: undeclared global 'contcts'"));
    CHECK_THAT(error_of("local e = getmetatable(env).__index; e['count'] = 1"),
               Contains("undeclared global 'count': write 'local count'"));
}

TEST_CASE("handlers are defined while the script is loaded, not later") {
    ScriptFixture fixture;
    fixture.run("function on_request(req)\n  function on_start() end\n  return 200\nend");
    const auto request = fixture.request();
    REQUIRE(request->error);
    CHECK_THAT(*request->error, Contains("main.lua:2: undeclared global 'on_start'"));
}

TEST_CASE("a script without on_request is refused") {
    ScriptFixture fixture;
    const auto problems = fixture.load("local x = 1");
    REQUIRE(problems.size() == 1);
    CHECK_THAT(problems[0].text(), Contains("main.lua: defines no function on_request"));
}

TEST_CASE("require finds the files beside the script, once") {
    ScriptFixture fixture;
    fixture.folder.write("lib/numbers.lua",
                         "local log = require 'viaduct.log'\nlog.info('loaded')\nreturn { answer = 488 }");
    fixture.run(
        "local a, b = require 'lib.numbers', require('lib.numbers')\nfunction on_request(req) assert(a == b) return "
        "a.answer end");
    CHECK(ScriptFixture::status(*fixture.request()) == 488);
    CHECK(fixture.log.size() == 1);
}

TEST_CASE("an error in a required file names that file") {
    ScriptFixture fixture;
    fixture.folder.write("lib/broken.lua", "local x = 1\nreturn nothing()");
    const auto problems =
        fixture.load("local broken = require 'lib.broken'\nfunction on_request(req) return broken end");
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].text() == "lib/broken.lua:2: undeclared global 'nothing'");
}

TEST_CASE("require does not leave the script's folder") {
    ScriptFixture fixture;
    const auto problems = fixture.load("local x = require '../secret'\nfunction on_request(req) return x end");
    REQUIRE(problems.size() == 1);
    CHECK_THAT(problems[0].text(), Contains("main.lua:1: require \"../secret\""));
}

TEST_CASE("metatables of objects cannot be reached") {
    CHECK(error_of("assert(getmetatable(req) == 'viaduct.Request')").empty());
    CHECK_THAT(error_of("setmetatable(env, getmetatable(req))"), Contains("nil or table expected"));
}

TEST_CASE("a log line carries the Call-ID and the place in the script") {
    ScriptFixture fixture;
    fixture.run(
        "local log = require 'viaduct.log'\nfunction on_request(req)\n  log.warning('%s has %d', 'bob', 3)\n  "
        "print('as', true)\n  return 200\nend");
    const auto request = fixture.request();
    const std::string call_id{request->message().call_id()};
    REQUIRE(fixture.log.size() == 2);
    CHECK(fixture.log[0] == "[" + call_id + "] main.lua:3: bob has 3");
    CHECK(fixture.log[1] == "[" + call_id + "] main.lua:4: as\ttrue");
}

TEST_CASE("server tells the domains, the version and the worker") {
    ScriptFixture fixture;
    fixture.run(R"(
        local server = require "viaduct.server"
        function on_request(req)
          return 200, ("%s %s %d of %d"):format(server.domains[1], server.version, server.worker, server.workers)
        end)");
    CHECK(fixture.request()->response->reason == "example.test 1.2.3 0 of 1");
}
