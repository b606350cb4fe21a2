// The scripts that are shipped load, with the functions the modules declare.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "unit/script/script_fixture.hpp"

TEST_CASE("the shipped scripts have no faults") {
    const std::string script =
        GENERATE(as<std::string>{}, "main.lua", "examples/voicemail.lua", "examples/hunt_group.lua",
                 "examples/rate_limit.lua", "examples/stateless_edge.lua", "examples/trunks.lua");
    CAPTURE(script);
    viaduct::test::ScriptFixture fixture;
    std::vector<viaduct::Registration> functions;
    const auto declare = [&](const char* module, const char* declaration) {
        functions.push_back(
            fixture.registry.api_for(module).add(declaration, "As the module says.", [] { return true; }));
    };
    declare("auth", "verify(request: viaduct.Request, realm?: string): string?, viaduct.Response?");
    declare("auth", "consume(request: viaduct.Request, realm?: string): boolean");
    declare("dispatcher", "failed(set: integer, target: viaduct.Target|viaduct.Uri|string)");
    declare("dispatcher", "is_from(request: viaduct.Request, set?: integer): boolean, string?");
    declare("dispatcher", "targets(request: viaduct.Request, set: integer, options?: table): viaduct.Target[]");
    declare("media", "bridge(request: viaduct.Request, options?: table)");
    declare("nat", "fix(request: viaduct.Request): boolean");
    declare("options", "answer(request: viaduct.Request): viaduct.Response?");
    declare("registrar", "save(req: viaduct.Request, user: string): viaduct.Response");
    declare("registrar", "lookup(uri: viaduct.Uri|string): viaduct.Target[]");
    for (const auto& problem :
         viaduct::script::check_script(VIADUCT_SOURCE_DIR "/scripts/" + script, fixture.surroundings))
        FAIL_CHECK(problem.text());
}
