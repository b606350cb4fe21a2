// SPDX-License-Identifier: Apache-2.0
#include "modules/db_sqlite/sql_text.hpp"

#include <catch2/catch.hpp>

#include "temporary_folder.hpp"

using namespace viaduct;
using namespace viaduct::db_sqlite;

namespace {

DatabaseErrc code_of(Connection& connection, const Change& change) {
    try {
        run_change(connection, change);
    } catch (const SqliteError& error) {
        return error.code();
    }
    return DatabaseErrc{};
}

}  // namespace

TEST_CASE("values never become SQL") {
    const TemporaryFolder folder;
    Connection connection{make_database(folder), {Connection::Mode::write}};
    const std::string nasty = "x'); DROP TABLE subscriber; --";
    run_change(connection, add_subscriber(nasty));

    const auto rows = run_select(connection, {"subscriber", {"username"}, {{"username", nasty}}, "", 0});
    REQUIRE(rows.size() == 1);
    CHECK(rows[0][0] == DatabaseValue{nasty});
}

TEST_CASE("a name that is not [a-z0-9_]+ is refused before SQLite sees it") {
    for (const char* name : {"", "a b", "a;b", "a`b", "a\"b", "Name", "a'b", "ä"}) {
        INFO(name);
        CHECK_THROWS_AS(sql_of(Select{name, {"id"}, {}, "", 0}), SqliteError);
        CHECK_THROWS_AS(sql_of(Select{"t", {name}, {}, "", 0}), SqliteError);
        CHECK_THROWS_AS(sql_of(Change{Delete{"t", {{name, std::int64_t{1}}}, "", {}}}), SqliteError);
    }
}

TEST_CASE("a missing table or column is told from a broken rule") {
    const TemporaryFolder folder;
    Connection connection{make_database(folder), {Connection::Mode::write}};
    CHECK(code_of(connection, Insert{"nothing_here", {{"a", std::int64_t{1}}}}) == DatabaseErrc::schema);
    CHECK(code_of(connection, Insert{"subscriber", {{"no_such_column", std::int64_t{1}}}}) == DatabaseErrc::schema);
    run_change(connection, add_subscriber("alice"));
    CHECK(code_of(connection, add_subscriber("alice")) == DatabaseErrc::constraint);
}

TEST_CASE("upsert replaces by key and keeps what it does not name") {
    const TemporaryFolder folder;
    Connection connection{make_database(folder), {Connection::Mode::write}};
    const auto upsert = [&](const char* contact) {
        return run_change(
            connection, Upsert{"location", {"ruid"}, {{"ruid", std::string{"r1"}}, {"contact", std::string{contact}}}});
    };
    CHECK(upsert("sip:a@192.0.2.1") == 1);
    run_change(connection, Update{"location", {{"flags", std::int64_t{7}}}, {{"ruid", std::string{"r1"}}}});
    CHECK(upsert("sip:a@192.0.2.2") == 1);

    const auto rows = run_select(connection, {"location", {"contact", "flags"}, {}, "", 0});
    REQUIRE(rows.size() == 1);
    CHECK(rows[0][0] == DatabaseValue{std::string{"sip:a@192.0.2.2"}});
    CHECK(rows[0][1] == DatabaseValue{std::int64_t{7}});
}

TEST_CASE("delete takes all conditions together, and NULL can be asked for") {
    const TemporaryFolder folder;
    Connection connection{make_database(folder), {Connection::Mode::write}};
    for (int i = 0; i < 10; ++i) {
        const DatabaseValue domain = i % 2 == 0 ? DatabaseValue{} : DatabaseValue{std::string{"example.test"}};
        run_change(connection,
                   Insert{"location", {{"ruid", std::to_string(i)}, {"domain", domain}, {"expires", std::int64_t{i}}}});
    }
    CHECK(run_select(connection, {"location", {"id"}, {{"domain", DatabaseValue{}}}, "", 0}).size() == 5);
    CHECK(run_change(connection, Delete{"location", {{"domain", DatabaseValue{}}}, "expires", std::int64_t{5}}) ==
          3);  // 0, 2, 4
    CHECK(run_select(connection, {"location", {"id"}, {}, "", 3}).size() == 3);
    CHECK(run_select(connection, {"location", {"id"}, {}, "", 0}).size() == 7);
}

TEST_CASE("a user's rows in any case of the domain are found by the index of his name, not by a scan") {
    const TemporaryFolder folder;
    Connection connection{make_database(folder), {Connection::Mode::write}};
    Select query{"location", {"received"}, {{"username", std::string{"a"}}, {"domain", std::string{"b"}}}, "", 0};
    query.any_case = "domain";
    Statement plan = connection.prepare("EXPLAIN QUERY PLAN " + sql_of(query));
    plan.bind(query.where[0].value);
    plan.bind(query.where[1].value);
    REQUIRE(plan.step());
    CHECK_THAT(std::get<std::string>(plan.row().at(3)),
               Catch::Matchers::Contains("SEARCH location USING INDEX location_account_contact_idx (username=?)"));
}

TEST_CASE("every kind of value comes back as it went in") {
    const TemporaryFolder folder;
    Connection connection{make_database(folder), {Connection::Mode::write}};
    const std::string text{"sip:\0with a zero", 16};
    run_change(connection, Insert{"location",
                                  {{"ruid", std::string{"r"}},
                                   {"contact", text},
                                   {"q", 0.25},
                                   {"cseq", std::int64_t{4294967295}},
                                   {"path", {}}}});
    const auto rows = run_select(connection, {"location", {"contact", "q", "cseq", "path"}, {}, "", 0});
    CHECK(rows.at(0) == DatabaseRow{text, 0.25, std::int64_t{4294967295}, std::monostate{}});
}
