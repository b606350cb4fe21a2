// database_expectations: what every provider of viaduct/database.hpp must do, as one test run against each of them.
//
// REQUIRES: a fresh database with the tables of db-schema, used by these workers alone.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <viaduct/database.hpp>

#include "support/manual_workers.hpp"

namespace viaduct::test {

class DatabaseExpectations {
public:
    DatabaseExpectations(Database& database, ManualWorkers& workers) : database_{database}, workers_{workers} {}

    void check_all() {
        values_come_back_as_they_went_in();
        texts_are_compared_byte_by_byte();
        one_text_may_differ_in_case();
        upsert_replaces_by_key_and_keeps_what_it_does_not_name();
        delete_takes_all_conditions_and_null();
        rows_are_counted();
        a_group_fails_whole_and_alone();
        missing_tables_are_told_from_broken_rules();
        nobody_is_told_inside_his_call();
        writes_keep_their_order();
        many_questions_each_get_their_own_answer();
        blocking_calls_write_all_or_nothing();
        a_table_is_read_in_pages();
    }

private:
    using Written = Result<std::uint64_t>;

    static DatabaseValue text(std::string value) { return value; }
    static Change subscriber(const std::string& name) {
        return Insert{"subscriber", {{"username", text(name)}, {"domain", text("example.test")}}};
    }
    static Change binding(const std::string& ruid, std::int64_t cseq) {
        return Upsert{"location", {"ruid"}, {{"ruid", text(ruid)}, {"cseq", cseq}, {"expires", DatabaseTime{1000}}}};
    }
    static Change no_binding(const std::string& ruid) { return Delete{"location", {{"ruid", text(ruid)}}, "", {}}; }

    Written write(std::vector<Change> changes) {
        std::optional<Written> outcome;
        database_.write(std::move(changes), [&](const Written& written) { outcome = written; });
        workers_.run();
        REQUIRE(outcome);
        return *outcome;
    }
    DatabaseRows read(Select query) {
        std::optional<Result<DatabaseRows>> outcome;
        database_.select(std::move(query), [&](Result<DatabaseRows> rows) { outcome = std::move(rows); });
        workers_.run();
        REQUIRE(outcome);
        REQUIRE(outcome->has_value());
        return outcome->value();
    }
    std::size_t count(const std::string& table, std::vector<ColumnValue> where) {
        return read({table, {"id"}, std::move(where), "", 0}).size();
    }
    void empty() { database_.write_now({Delete{"subscriber", {}, "", {}}, Delete{"location", {}, "", {}}}); }

    void values_come_back_as_they_went_in() {
        empty();
        const std::string odd{"sip:\0 '\\\" a zero\xc3\xa9\xf0\x9f\x93\x9e", 22};
        write({Insert{"location",
                      {{"ruid", text("r")},
                       {"contact", odd},
                       {"q", 0.25},
                       {"cseq", std::int64_t{2147483647}},
                       {"path", {}},
                       {"expires", DatabaseTime{1'790'000'000}}}}});
        const auto rows = read({"location", {"contact", "q", "cseq", "path", "expires"}, {{"ruid", text("r")}}, "", 1});
        REQUIRE(rows.size() == 1);
        CHECK(rows[0] ==
              DatabaseRow{odd, 0.25, std::int64_t{2147483647}, std::monostate{}, std::int64_t{1'790'000'000}});
    }

    void texts_are_compared_byte_by_byte() {
        empty();
        write({subscriber("alice")});
        for (const char* other : {"Alice", "alice ",
                                  "al\xc3\xad"
                                  "ce",
                                  "' OR ''='"}) {
            INFO(other);
            CHECK(count("subscriber", {{"username", text(other)}}) == 0);
            CHECK(write({Delete{"subscriber", {{"username", text(other)}}, "", {}}}).value() == 0);
        }
        CHECK(count("subscriber", {{"username", text("alice")}}) == 1);
    }

    void one_text_may_differ_in_case() {
        empty();
        const auto row = [](const char* ruid, const char* user, DatabaseValue domain) {
            return Insert{"location",
                          {{"ruid", text(ruid)},
                           {"username", text(user)},
                           {"domain", std::move(domain)},
                           {"expires", DatabaseTime{1000}}}};
        };
        REQUIRE(write({row("1", "alice", text("Example.TEST")), row("2", "Alice", text("example.test")),
                       row("3", "bob", {})})
                    .has_value());
        const auto rows = [&](const char* user, DatabaseValue domain, const char* any_case) {
            std::string all;
            Select query{"location", {"ruid"}, {{"username", text(user)}, {"domain", std::move(domain)}}, "", 0};
            query.any_case = any_case;
            for (const DatabaseRow& found : read(std::move(query))) all += std::get<std::string>(found.at(0)) + " ";
            return all;
        };
        CHECK(rows("alice", text("example.test"), "domain") == "1 ");
        CHECK(rows("alice", text("eXample.test"), "domain") == "1 ");
        CHECK(rows("alice", text("example.test"), "").empty());
        CHECK(rows("alice", text("example.test "), "domain").empty());
        CHECK(rows("alice", {}, "domain").empty());
        CHECK(rows("bob", {}, "domain") == "3 ");
    }

    void upsert_replaces_by_key_and_keeps_what_it_does_not_name() {
        empty();
        CHECK(write({binding("r", 1)}).value() == 1);
        write({Update{"location", {{"flags", std::int64_t{7}}}, {{"ruid", text("r")}}}});
        CHECK(write({binding("r", 2)}).value() == 1);
        CHECK(write({binding("r", 2)}).value() == 1);  // touched, if not changed
        CHECK(read({"location", {"cseq", "flags"}, {}, "", 0}) == DatabaseRows{{std::int64_t{2}, std::int64_t{7}}});
    }

    void delete_takes_all_conditions_and_null() {
        empty();
        for (int i = 0; i < 10; ++i) {
            const DatabaseValue domain = i % 2 == 0 ? DatabaseValue{} : text("example.test");
            write({Insert{"location",
                          {{"ruid", std::to_string(i)}, {"domain", domain}, {"expires", DatabaseTime{1000 + i}}}}});
        }
        CHECK(count("location", {{"domain", DatabaseValue{}}}) == 5);
        CHECK(write({Delete{"location", {{"domain", DatabaseValue{}}}, "expires", DatabaseTime{1005}}}).value() == 3);
        CHECK(count("location", {}) == 7);
        CHECK(read({"location", {"ruid"}, {}, "ruid", 3}) == DatabaseRows{{text("1")}, {text("3")}, {text("5")}});
    }

    void rows_are_counted() {
        empty();
        write({subscriber("a"), subscriber("b"), subscriber("c")});
        CHECK(write({Update{"subscriber", {{"ha1", text("x")}}, {{"domain", text("example.test")}}}}).value() == 3);
        CHECK(write({Update{"subscriber", {{"ha1", text("x")}}, {{"username", text("a")}}}}).value() == 1);
        const auto gone = [](const char* name) { return Delete{"subscriber", {{"username", text(name)}}, "", {}}; };
        CHECK(write({gone("a"), gone("b"), gone("x")}).value() == 2);
        CHECK(write({}).value() == 0);
    }

    void a_group_fails_whole_and_alone() {
        empty();
        std::vector<error_code> told;
        const auto ask = [&](std::vector<Change> changes) {
            database_.write(std::move(changes), [&](const Written& written) {
                told.push_back(written.has_error() ? written.error() : error_code{});
            });
        };
        ask({subscriber("alice")});
        ask({subscriber("bob"), subscriber("alice")});
        ask({subscriber("carol")});
        workers_.run();
        CHECK(told == std::vector<error_code>{{}, make_error_code(DatabaseErrc::constraint), {}});
        CHECK(read({"subscriber", {"username"}, {}, "username", 0}) == DatabaseRows{{text("alice")}, {text("carol")}});
    }

    void missing_tables_are_told_from_broken_rules() {
        CHECK(write({Insert{"nothing_here", {{"a", std::int64_t{1}}}}}).error() ==
              make_error_code(DatabaseErrc::schema));
        CHECK(write({Insert{"subscriber", {{"nothing", std::int64_t{1}}}}}).error() ==
              make_error_code(DatabaseErrc::schema));
        CHECK(write({Insert{"no name", {{"a", std::int64_t{1}}}}}).error() == make_error_code(DatabaseErrc::failed));
    }

    void nobody_is_told_inside_his_call() {
        unsigned told = 0;
        database_.select({"subscriber", {"id"}, {}, "", 1}, [&](const Result<DatabaseRows>&) { ++told; });
        database_.write({}, [&](const Written&) { ++told; });
        CHECK(told == 0);
        workers_.run();
        CHECK(told == 2);
    }

    void writes_keep_their_order() {
        empty();
        unsigned fine = 0;
        const auto ask = [&](Change change) {
            database_.write({std::move(change)}, [&](const Written& written) { fine += written.has_value() ? 1 : 0; });
        };
        for (int i = 0; i < 50; ++i) {
            const std::string ruid = "r" + std::to_string(i);
            ask(binding(ruid, 1));
            ask(no_binding(ruid));
            if (i % 2 == 0) ask(binding(ruid, 2));
        }
        workers_.run();
        CHECK(fine == 125);
        CHECK(count("location", {}) == 25);
        CHECK(count("location", {{"cseq", std::int64_t{2}}}) == 25);
    }

    void many_questions_each_get_their_own_answer() {
        empty();
        std::vector<Change> all;
        for (int i = 0; i < 100; ++i) all.push_back(subscriber("user" + std::to_string(i)));
        write(std::move(all));
        unsigned right = 0;
        for (int i = 0; i < 200; ++i) {
            const std::string name = "user" + std::to_string(i);
            database_.select(
                {"subscriber", {"username"}, {{"username", text(name)}, {"domain", text("example.test")}}, "", 1},
                [&right, i, name](const Result<DatabaseRows>& rows) {
                    const DatabaseRows expected = i < 100 ? DatabaseRows{{text(name)}} : DatabaseRows{};
                    right += rows.has_value() && rows.value() == expected ? 1 : 0;
                });
        }
        workers_.run();
        CHECK(right == 200);
    }

    void blocking_calls_write_all_or_nothing() {
        empty();
        CHECK(database_.write_now({subscriber("alice"), subscriber("bob")}) == 2);
        CHECK_THROWS_AS(database_.write_now({subscriber("carol"), subscriber("bob")}), std::runtime_error);
        CHECK(database_.select_now({"subscriber", {"username"}, {}, "username", 0}) ==
              DatabaseRows{{text("alice")}, {text("bob")}});
        unsigned rows = 0;
        database_.scan_now({"subscriber", {"id"}, {}, "", 0}, [&](DatabaseRow&) { ++rows; });
        CHECK(rows == 2);
    }

    void a_table_is_read_in_pages() {
        empty();
        database_.write_now({subscriber("carol"), subscriber("alice"), subscriber("bob")});
        const auto page = [&](DatabaseValue after, bool descending, std::vector<ColumnValue> where = {}) {
            std::string names;
            for (const DatabaseRow& row : read({.table = "subscriber",
                                          .columns = {"username"},
                                          .where = std::move(where),
                                          .order_by = "username",
                                          .limit = 2,
                                          .after = std::move(after),
                                          .descending = descending}))
                names += std::get<std::string>(row.at(0)) + " ";
            return names;
        };
        CHECK(page({}, false) == "alice bob ");
        CHECK(page(text("bob"), false) == "carol ");
        CHECK(page(text("carol"), false).empty());
        CHECK(page({}, true) == "carol bob ");
        CHECK(page(text("alice"), false, {{"domain", text("example.test")}}) == "bob carol ");
        CHECK(page(text("alice"), false, {{"domain", text("other.test")}}).empty());
    }

    Database& database_;
    ManualWorkers& workers_;
};

}  // namespace viaduct::test
