// How functions of modules look from Lua.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

#include "script/stubs.hpp"
#include "unit/script/script_fixture.hpp"

using Catch::Contains;
using viaduct::Response;
using viaduct::Target;
using viaduct::Targets;
using viaduct::Uri;
using viaduct::test::ScriptFixture;

namespace {

Target target(const char* uri) {
    Target made;
    made.uri = *Uri::parse(uri);
    return made;
}

}  // namespace

TEST_CASE("arguments and results are converted by the types of the function") {
    ScriptFixture fixture;
    auto& api = fixture.registry.api_for("m");
    const auto lookup = api.add("lookup(uri: viaduct.Uri|string): viaduct.Target[]", "Looks up.", [](Uri uri) {
        return Targets{target(("sip:" + std::string{uri.user()} + "@192.0.2.7").c_str())};
    });
    const auto verify =
        api.add("verify(req: viaduct.Request, realm?: string): string?, viaduct.Response?", "Verifies.",
                [](viaduct::Request& request, std::optional<std::string> realm) {
                    return std::tuple{
                        realm ? std::optional{*realm + std::string{request.message().method_text()}} : std::nullopt,
                        std::optional{Response{401}.with("WWW-Authenticate", "x")}};
                });
    const auto count =
        api.add("count(targets: viaduct.Target[]): integer", "Counts.", [](Targets targets) { return targets.size(); });
    fixture.run(R"(
        local m = require "viaduct.m"
        function on_request(req)
          local contacts = m.lookup(req.uri)
          assert(#contacts == 1 and contacts[1].uri.user == "bob" and contacts[1].q == 1)
          assert(m.lookup("sip:x@y")[1].uri.user == "x")
          assert(m.count(contacts) == 1 and m.count({}) == 0 and m.count({ "sip:a@b", req.uri }) == 2)
          assert(m.verify(req, "realm-") == "realm-INVITE")
          local user, challenge = m.verify(req)
          if not user then return challenge end
        end)");
    const auto request = fixture.request();
    INFO(request->error.value_or(""));
    REQUIRE(request->response);
    CHECK(request->response->status == 401);
    CHECK(request->response->header_fields.at(0).first == "WWW-Authenticate");
}

TEST_CASE("an argument that does not fit names the function, the argument and what was given") {
    ScriptFixture fixture;
    const auto lookup =
        fixture.registry.api_for("m").add("lookup(uri: viaduct.Uri): integer", "Looks up.", [](Uri) { return 1; });
    fixture.run("local m = require 'viaduct.m'\nfunction on_request(req)\n  return m.lookup(17)\nend");
    CHECK_THAT(
        *fixture.request()->error,
        Contains(
            "main.lua:3: viaduct.m.lookup: bad argument #1 (viaduct.Uri or the text of one expected, got number)"));
}

TEST_CASE("an exception of a module is an error of the script, with file and line") {
    ScriptFixture fixture;
    const auto lookup = fixture.registry.api_for("m").add(
        "lookup()", "Fails.", []() -> bool { throw std::runtime_error{"the disk is gone"}; });
    fixture.run("local m = require 'viaduct.m'\nfunction on_request(req)\n  return m.lookup()\nend");
    CHECK_THAT(*fixture.request()->error, Contains("main.lua:3: the disk is gone"));
}

TEST_CASE("an answer that a module's function raises is the request's, unless the script catches it") {
    ScriptFixture fixture;
    const auto lookup = fixture.registry.api_for("m").add(
        "lookup(): integer", "Cannot.",
        [](viaduct::ScriptReturn done) { done({viaduct::ScriptRaise{Response{503}.with("Retry-After", "5")}}); });
    fixture.run(R"(
        local m = require "viaduct.m"
        function on_request(req)
          if req.uri.user == "careless" then return m.lookup() end
          local ok, answer = pcall(m.lookup)
          return answer.status + 1, tostring(ok)
        end)");
    const auto careless = fixture.request("sip:careless@example.test");
    CHECK_FALSE(careless->error);
    REQUIRE(careless->response);
    CHECK(careless->response->status == 503);
    CHECK(careless->response->header_fields.at(0).second == "5");
    const auto careful = fixture.request("sip:careful@example.test");
    REQUIRE(careful->response);
    CHECK(careful->response->status == 504);
    CHECK(careful->response->reason == "false");
}

TEST_CASE("an answer that is raised after a wait is the request's, too") {
    ScriptFixture fixture;
    viaduct::ScriptReturn later;
    const auto lookup = fixture.registry.api_for("m").add("lookup(): integer", "Cannot.",
                                                          [&](viaduct::ScriptReturn done) { later = std::move(done); });
    fixture.run("local m = require 'viaduct.m'\nfunction on_request(req) return m.lookup() end");
    const auto request = fixture.request();
    REQUIRE(later);
    later({viaduct::ScriptRaise{Response{503}}});
    CHECK(ScriptFixture::status(*request) == 503);
    CHECK(fixture.engine.requests_under_way() == 0);
}

TEST_CASE("tables become lists and maps, and come back") {
    ScriptFixture fixture;
    const auto echo = fixture.registry.api_for("m").add("echo(value: any): any", "Echoes.",
                                                        [](viaduct::ScriptValue value) { return value; });
    fixture.run(R"(
        local echo = require("viaduct.m").echo
        function on_request(req)
          local value = echo { a = { 1, 2.5, "x", true, { b = false } }, c = req.uri }
          assert(value.a[1] == 1 and math.type(value.a[1]) == "integer" and value.a[2] == 2.5 and value.a[5].b == false)
          assert(value.c == req.uri and echo(nil) == nil and #echo {} == 0)
          local deep = {} for i = 1, 20 do deep = { deep } end
          local ok, why = pcall(echo, deep)
          local also, mixed = pcall(echo, { 1, [true] = 2, x = print })
          return 200, tostring(ok) .. why
        end)");
    const auto request = fixture.request();
    INFO(request->error.value_or(""));
    REQUIRE(request->response);
    CHECK_THAT(request->response->reason, Contains("false") && Contains("nested more than 16 deep"));
}

TEST_CASE("an empty table is an empty map or an empty list, whichever is expected; a list with items is no map") {
    ScriptFixture fixture;
    auto& api = fixture.registry.api_for("m");
    const auto map = api.add("map(options: table): integer", "Counts.",
                             [](const viaduct::ScriptMap& options) { return options.size(); });
    const auto maybe =
        api.add("maybe(options?: table): integer", "Counts.",
                [](std::optional<viaduct::ScriptMap> options) { return options ? options->size() : std::size_t{9}; });
    const auto list = api.add("list(items: table): integer", "Counts.",
                              [](const viaduct::ScriptList& items) { return items.size(); });
    fixture.run(R"(
        local m = require "viaduct.m"
        function on_request(req)
          assert(m.map {} == 0 and m.map { a = 1 } == 1)
          assert(m.maybe {} == 0 and m.maybe(nil) == 9 and m.maybe { a = {} } == 1)
          assert(m.list {} == 0 and m.list { 1, 2 } == 2)
          local ok, why = pcall(m.map, { "x" })
          local also, because = pcall(m.list, { a = 1 })
          return 200, tostring(ok) .. why .. tostring(also) .. because
        end)");
    const auto request = fixture.request();
    INFO(request->error.value_or(""));
    REQUIRE(request->response);
    CHECK_THAT(request->response->reason, Contains("falseviaduct.m.map: bad argument #1 (table expected") &&
                                              Contains("falseviaduct.m.list: bad argument #1 (list expected"));
}

TEST_CASE("a withdrawn function is gone, not dangling") {
    ScriptFixture fixture;
    auto lookup = fixture.registry.api_for("m").add("lookup(): integer", "Looks up.", [] { return 200; });
    fixture.run("local m = require 'viaduct.m'\nfunction on_request(req) return m.lookup() end");
    CHECK(ScriptFixture::status(*fixture.request()) == 200);
    lookup.withdraw();
    CHECK_THAT(*fixture.request()->error, Contains("viaduct.m.lookup is gone"));
    CHECK(fixture.registry.find("m", "lookup") == nullptr);
}

TEST_CASE("a wrong declaration and a name given twice are found when they are registered") {
    viaduct::script::ScriptRegistry registry;
    auto& api = registry.api_for("m");
    CHECK_THROWS_AS(api.add("lookup", "No parentheses.", [] { return 1; }), std::logic_error);
    CHECK_THROWS_AS(api.add("lookup(uri)", "No type.", [] { return 1; }), std::logic_error);
    CHECK_THROWS_AS(api.add("lookup(): ", "No result.", [] { return 1; }), std::logic_error);
    const auto first =
        api.add("lookup(f: fun(a: integer, b: string): boolean, n?: integer): table<string, integer>, string?", "Fine.",
                [] { return 1; });
    const auto& declaration = registry.find("m", "lookup")->declaration;
    REQUIRE(declaration.parameters.size() == 2);
    CHECK(declaration.parameters[0].type == "fun(a: integer, b: string): boolean");
    CHECK(declaration.parameters[1].optional);
    CHECK(declaration.results == std::vector<std::string>{"table<string, integer>", "string?"});
    CHECK_THROWS_AS(api.add("lookup()", "Again.", [] { return 1; }), std::logic_error);
    CHECK_THROWS_AS(registry.api_for("log"), std::logic_error);
}

TEST_CASE("the stubs for editors know classes, built-in modules and modules") {
    viaduct::script::ScriptRegistry registry;
    const auto lookup =
        registry.api_for("registrar")
            .add("lookup(uri: viaduct.Uri|string, limit?: integer): viaduct.Target[]", "Looks up.", [] { return 1; });
    const std::string stubs = viaduct::script::write_stubs(registry);
    CHECK_THAT(stubs, Contains("---@param uri viaduct.Uri|string\n---@param limit? integer\n---@return "
                               "viaduct.Target[]\nfunction registrar.lookup(uri, limit) end"));
    CHECK_THAT(stubs, Contains("---@overload fun(name: \"viaduct.registrar\"): viaduct.registrar"));
    CHECK_THAT(stubs, Contains("---@field method string") && Contains("function Request:relay(targets, options) end"));
    CHECK_THAT(stubs, Contains("---@field ring_for? number") && Contains("function shared.incr(key, by, ttl) end"));
}

TEST_CASE("the stubs in the tree are those of this server (viaduct stubs writes them)") {
    const std::string stubs = viaduct::script::write_stubs(viaduct::script::ScriptRegistry{});
    std::ifstream file{VIADUCT_SOURCE_DIR "/scripts/types/viaduct.lua"};
    const std::string written{std::istreambuf_iterator<char>{file}, {}};
    // Before and behind stand the hooks and the functions of modules, too.
    const auto begin = stubs.find("---@class viaduct.Request"), end = stubs.find("---@overload");
    REQUIRE(begin < end);
    CHECK_THAT(written, Contains(stubs.substr(begin, end - begin)));
}
