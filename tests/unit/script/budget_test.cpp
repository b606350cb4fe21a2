// A runaway script is stopped; the next request does not notice.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "unit/script/script_fixture.hpp"

using Catch::Contains;
using viaduct::test::ScriptFixture;

namespace {

constexpr viaduct::script::Limits kSmall{.memory = 4 * 1024 * 1024, .instructions = 200'000};

}  // namespace

TEST_CASE("an endless loop ends with an error that names its line") {
    ScriptFixture fixture{kSmall};
    fixture.run(
        "function on_request(req)\n  if req.uri.user == 'loop' then\n    while true do end\n  end\n  return 200\nend");
    const auto endless = fixture.request("sip:loop@example.test");
    REQUIRE(endless->error);
    CHECK_THAT(*endless->error, Contains("main.lua:3: ran for more than 200000 instructions"));
    CHECK(ScriptFixture::status(*fixture.request()) == 200);
    CHECK(fixture.metrics.total("viaduct_script_exhausted_total") == 1);
}

TEST_CASE("pcall does not keep an endless loop going") {
    ScriptFixture fixture{kSmall};
    fixture.run("function on_request(req) while true do pcall(function() while true do end end) end end");
    CHECK(ScriptFixture::status(*fixture.request()) == 500);
}

TEST_CASE("coroutines do not get around the budget") {
    ScriptFixture fixture{kSmall};
    fixture.run(
        "function on_request(req) while true do coroutine.wrap(function() for i = 1, 100 do end end)() end end");
    CHECK(ScriptFixture::status(*fixture.request()) == 500);
}

TEST_CASE("many short requests do not add up") {
    ScriptFixture fixture{kSmall};
    fixture.run("function on_request(req) local n = 0 for i = 1, 10000 do n = n + i end return 200 end");
    for (int i = 0; i < 50; ++i) CHECK(ScriptFixture::status(*fixture.request()) == 200);
}

TEST_CASE("each wait begins a new budget") {
    ScriptFixture fixture{kSmall};
    fixture.run("function on_request(req) for i = 1, 3 do for j = 1, 100000 do end req:relay() end return 200 end");
    const auto request = fixture.request();
    for (int i = 0; i < 3; ++i) request->answers(486);
    CHECK(ScriptFixture::status(*request) == 200);
}

TEST_CASE("a script that takes too much memory gets an error, and the state goes on") {
    ScriptFixture fixture{kSmall};
    fixture.run(R"(
        function on_request(req)
          if req.uri.user ~= "hog" then return 200 end
          local all = {}
          for i = 1, 1e5 do all[i] = ("x"):rep(1000) .. i end
          return 200
        end)");
    const auto hog = fixture.request("sip:hog@example.test");
    REQUIRE(hog->error);
    CHECK_THAT(*hog->error, Contains("not enough memory") && Contains("main.lua:5"));
    CHECK(ScriptFixture::status(*fixture.request()) == 200);
}

TEST_CASE("a top level that never ends is a problem of the script, not of the server") {
    ScriptFixture fixture{kSmall};
    const auto problems = fixture.load("while true do end\nfunction on_request(req) return 200 end");
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].line == 1);
    CHECK_THAT(problems[0].message, Contains("200000 instructions"));
}

TEST_CASE("a loop in what is closed after the caller gave up is stopped, too") {
    ScriptFixture fixture{kSmall};
    fixture.run(R"(
        function on_request(req)
          local guard <close> = setmetatable({}, { __close = function() while true do end end })
          return req:relay()
        end)");
    const auto request = fixture.request();
    fixture.engine.cancelled(*request);
    CHECK(fixture.engine.requests_under_way() == 0);
    REQUIRE(fixture.log.size() == 1);
    CHECK_THAT(fixture.log[0], Contains("while closing"));
}
