// Membership: whose, of what, and what silence of the database means.
// SPDX-License-Identifier: Apache-2.0
#include "modules/group/group_module.cpp"

#include <catch2/catch.hpp>

#include "support/fake_database.hpp"
#include "support/fake_faces.hpp"

using namespace viaduct;
using namespace viaduct::group;

namespace {

struct Fixture {
    explicit Fixture(const std::string& domain = {}) {
        faces.config.texts["domain"] = domain;
        database.table.push_back({{"username", "alice"}, {"domain", "example.test"}, {"grp", "pstn"}});
        offer = faces.services.offer<Database>(database);
        module = faces.load(viaduct_module);
    }
    ScriptResults has(ScriptValue user, const std::string& group) {
        return **faces.call("has", {std::move(user), ScriptValue{group}});
    }
    bool is_member(ScriptValue user, const std::string& group) {
        return std::get<bool>(has(std::move(user), group).at(0));
    }

    test::FakeDatabase database;
    test::FakeFaces faces;
    Registration offer;
    std::unique_ptr<Module> module;
};

ScriptValue text(const std::string& name) { return ScriptValue{name}; }
ScriptValue uri(const std::string& name) { return ScriptValue{Uri::parse(name).value()}; }

}  // namespace

TEST_CASE("a member is named by URI, by address or, with a default domain, by user alone") {
    Fixture fixture{"Example.test"};
    CHECK(fixture.is_member(uri("sip:alice@EXAMPLE.test:5070"), "pstn"));
    CHECK(fixture.is_member(text("sip:alice@example.test"), "pstn"));
    CHECK(fixture.is_member(text("alice@example.test"), "pstn"));
    CHECK(fixture.is_member(text("alice"), "pstn"));
    CHECK_FALSE(fixture.is_member(text("alice"), "voicemail"));
    CHECK_FALSE(fixture.is_member(text("bob"), "pstn"));
    CHECK_FALSE(fixture.is_member(text("alice@other.test"), "pstn"));
}

TEST_CASE("a name without a domain is an error of the script where no default is set") {
    Fixture fixture;
    CHECK_THROWS_WITH(fixture.has(text("alice"), "pstn"), Catch::Contains("[module.group]"));
    CHECK_THROWS_WITH(fixture.has(text("sip:example.test"), "pstn"), Catch::Contains("no user"));
    CHECK_THROWS_WITH(fixture.has(ScriptValue{}, "pstn"), Catch::Contains("needed"));
}

TEST_CASE("silence of the database is neither yes nor no: nil and a 503 with Retry-After") {
    Fixture fixture;
    fixture.database.down = true;
    const auto results = fixture.has(text("alice@example.test"), "pstn");
    CHECK(results.at(0).is_nil());
    CHECK(std::get<Response>(results.at(1)).status == 503);
}
