// Names are checked when the script is loaded, and valid Lua is never blamed.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "script/name_check.hpp"

using viaduct::script::Diagnostics;
using viaduct::script::ScriptRegistry;

namespace {

// "LINE: message" of everything found, one a line.
std::string problems_of(const std::string& text) {
    ScriptRegistry registry;
    const auto lookup =
        registry.api_for("registrar").add("lookup(uri: viaduct.Uri): viaduct.Target[]", "Looks up.", [] { return 0; });
    const auto verify =
        registry.api_for("auth").add("verify(req: viaduct.Request): string?", "Verifies.", [] { return 0; });
    Diagnostics problems;
    viaduct::script::check_names(text, "main.lua", registry, problems);
    std::string lines;
    for (const auto& problem : problems) lines += std::to_string(problem.line) + ": " + problem.message + "\n";
    return lines;
}

}  // namespace

TEST_CASE("an unknown module is found, with the nearest name and where modules come from") {
    CHECK(problems_of("local r = require 'viaduct.regstrar'") ==
          "1: no module 'viaduct.regstrar' (did you mean 'registrar'?): is [module.regstrar] in the configuration?\n");
    CHECK(problems_of("local r = require('viaduct.media')") ==
          "1: no module 'viaduct.media': is [module.media] in the configuration?\n");
}

TEST_CASE("an unknown function of a module is found with its line and the nearest name") {
    CHECK(problems_of("local auth, registrar = require 'viaduct.auth', require(\"viaduct.registrar\")\nlocal function "
                      "f(u)\n  return registrar.lokup(u), auth.verify(u)\nend") ==
          "3: viaduct.registrar has no 'lokup' (did you mean 'lookup'?)\n");
    CHECK(problems_of("local log = require 'viaduct.log'\nlog.warn('x')") ==
          "2: viaduct.log has no 'warn' (did you mean 'warning'?)\n");
}

TEST_CASE("unknown members of requests and answers are found, also in functions they are handed to") {
    CHECK(problems_of("function on_request(req)\n  return req:rely()\nend") ==
          "2: viaduct.Request has no 'rely' (did you mean 'relay'?)\n");
    CHECK(problems_of(
              "local function ring(r)\n  return r.mehtod\nend\nfunction on_request(req)\n  return ring(req)\nend") ==
          "2: viaduct.Request has no 'mehtod' (did you mean 'method'?)\n");
    CHECK(problems_of("function on_request(req)\n  local answer = req:relay { 'sip:a@b' }\n  if answer.code == 486 "
                      "then return 480 end\n  answer = req:relay()\n  return answer.stats\nend") ==
          "3: viaduct.Answer has no 'code'\n5: viaduct.Answer has no 'stats' (did you mean 'status'?)\n");
}

TEST_CASE("undeclared globals are found, read or written") {
    CHECK(problems_of("function on_request(req)\n  local contacts = {}\n  return #contcts\nend") ==
          "3: undeclared global 'contcts' (did you mean 'contacts'?)\n");
    CHECK(problems_of("count = 0") == "1: undeclared global 'count': write 'local count'\n");
    CHECK(problems_of("function helper() end") == "1: undeclared global 'helper': write 'local helper'\n");
    CHECK(problems_of("for i = 1, 2 do end\nprint(i)") == "2: undeclared global 'i'\n");
}

TEST_CASE("strings, comments and long brackets hold no names") {
    CHECK(problems_of("-- undeclared one\n--[[ two\nthree ]] --[==[ ]] four ]==]\nlocal s = 'five' .. \"six \\\" "
                      "seven\" .. [[\neight]] .. [=[ nine ]] ]=] .. '\\'ten'")
              .empty());
    CHECK(problems_of("local a = [==[\n]]\n]==]\nmissing()") == "4: undeclared global 'missing'\n");
}

TEST_CASE("fields, keys, methods and labels are no globals") {
    CHECK(problems_of("local t = { name = 1, other = 2; third = function(self) return self.name end }\nt.field = "
                      "t.name\nfunction t.run() end\nfunction t:go() return self end\nt:go()\ngoto done\n::done::")
              .empty());
    CHECK(problems_of("local t = {}\nt.a, t.b = 1, 2\nprint(t.a .. t.b, 1..2, 0x1p-3, 3e+4)").empty());
}

TEST_CASE("locals are seen in all their forms") {
    CHECK(problems_of("local a <const>, b <close> = 1, nil\nlocal c\nc = a\nlocal function f(x, ...) return x, b, f, "
                      "... end\nfor k, v in pairs({}) do print(k, v, f, c) end")
              .empty());
    CHECK(problems_of("repeat local found = true until found").empty());
    CHECK(problems_of(
              "while true do local x = 1 if x then break elseif x == 2 then local y = x print(y) else print(x) end end")
              .empty());
    CHECK(problems_of("local f = function(a) return function(b) return a + b end end\nprint(f(1)(2))").empty());
}

TEST_CASE("a local that shadows a module is not the module") {
    CHECK(problems_of("local log = require 'viaduct.log'\nlocal function f(log) return log.anything end\ndo local log "
                      "= {} log.other = 1 end\nprint(f, log.info)")
              .empty());
    CHECK(
        problems_of("local log = require 'viaduct.log'\nif log then log = { mine = 1 } end\nprint(log.mine)").empty());
    CHECK(problems_of("local a, log = 1, require 'viaduct.log'\na, log = log, {}\nprint(log.mine, a)").empty());
    CHECK(problems_of("local info = require('viaduct.log').info\ninfo('x')").empty());
}

TEST_CASE("what may be something else than a request is not judged") {
    CHECK(problems_of("local function show(x) return x.name end\nfunction on_request(req)\n  show({ name = 1 })\n  "
                      "return show(req)\nend")
              .empty());
    CHECK(problems_of("local function ring(req) return req.custom end\nprint(ring({ custom = 1 }))").empty());
    CHECK(problems_of("function on_request(req)\n  req = { mine = 1 }\n  return req.mine\nend").empty());
    CHECK(problems_of("function on_request(req)\n  local status = req:relay().status\n  local answer = req:relay() or "
                      "{}\n  return status, answer.anything\nend")
              .empty());
}

TEST_CASE("a file with an _ENV of its own is left alone") {
    CHECK(problems_of("local _ENV = { x = 1 }\ny = x").empty());
}

TEST_CASE("required files are reported for reading") {
    ScriptRegistry registry;
    Diagnostics problems;
    const auto files = viaduct::script::check_names("local a = require 'lib.routes'\nlocal b = require('numbers')",
                                                    "main.lua", registry, problems);
    REQUIRE(files.size() == 2);
    CHECK(files[0].module == "lib.routes");
    CHECK(files[1].module == "numbers");
    CHECK(files[1].line == 2);
}
