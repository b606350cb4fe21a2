// Whose alias a URI is, and the module that waits for the answer.
// SPDX-License-Identifier: Apache-2.0
#include "modules/alias_db/alias_db_module.cpp"

#include <catch2/catch.hpp>

#include "support/fake_database.hpp"
#include "support/fake_faces.hpp"

using namespace viaduct;
using namespace viaduct::alias_db;

namespace {

struct Fixture {
    Fixture() {
        database.table.push_back({{"alias_username", "+15551000"},
                                  {"alias_domain", "example.test"},
                                  {"username", "alice"},
                                  {"domain", "other.test"}});
        database.table.push_back(
            {{"alias_username", "a b"}, {"alias_domain", "example.test"}, {"username", "bob"}, {"domain", ""}});
        offer = faces.services.offer<Database>(database);
        module = faces.load(viaduct_module);
    }
    auto lookup(const std::string& uri) { return faces.call("lookup", {ScriptValue{Uri::parse(uri).value()}}); }
    std::string found(const std::string& uri) {
        const auto results = lookup(uri);
        REQUIRE(results->has_value());
        return (*results)->at(0).is_nil() ? "" : std::get<Uri>((*results)->at(0)).text();
    }

    test::FakeDatabase database;
    test::FakeFaces faces;
    Registration offer;
    std::unique_ptr<Module> module;
};

}  // namespace

TEST_CASE("an alias is found by user and host, whatever else its URI says (RFC 3261 section 10.3)") {
    Fixture fixture;
    CHECK(fixture.found("sip:+15551000@example.test") == "sip:alice@other.test");
    CHECK(fixture.found("sip:+15551000@EXAMPLE.test:5080;user=phone") == "sip:alice@other.test");
    CHECK(fixture.found("sips:%2B15551000@example.test") == "sips:alice@other.test");
    CHECK(fixture.found("sip:a%20b@example.test") == "sip:bob@example.test");
}

TEST_CASE("what is no alias is nil, and what cannot be one asks nobody") {
    Fixture fixture;
    CHECK(fixture.found("sip:alice@other.test").empty());
    CHECK(fixture.found("sip:+15551000@other.test").empty());
    const int before = fixture.database.selects;
    CHECK(fixture.found("sip:example.test").empty());
    CHECK(fixture.found("tel:+15551000").empty());
    CHECK(fixture.database.selects == before);
}

TEST_CASE("the script waits for the database, and hears of its silence as a 503 with Retry-After") {
    Fixture fixture;
    fixture.database.hold = true;
    const auto waiting = fixture.lookup("sip:+15551000@example.test");
    CHECK_FALSE(waiting->has_value());
    fixture.database.held();
    REQUIRE(waiting->has_value());
    fixture.database.down = true;
    const auto silent = fixture.lookup("sip:+15551000@example.test");
    REQUIRE(silent->has_value());
    CHECK((*silent)->at(0).is_nil());
    const auto& refusal = std::get<Response>((*silent)->at(1));
    CHECK(refusal.status == 503);
    CHECK(refusal.header_fields.at(0).first == "Retry-After");
}
