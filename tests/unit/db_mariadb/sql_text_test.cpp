// SPDX-License-Identifier: Apache-2.0
#include "modules/db_mariadb/sql_text.hpp"

#include <cstdlib>
#include <ctime>

#include <catch2/catch.hpp>

#include "modules/db_mariadb/hosts.hpp"
#include "modules/db_mariadb/problem.hpp"

using namespace viaduct;
using namespace viaduct::db_mariadb;

namespace {

std::string value(const DatabaseValue& value) {
    std::string sql;
    append_value(sql, value, TimeZone::utc);
    return sql;
}

std::string text(const std::string& text) { return value(DatabaseValue{text}); }

}  // namespace

TEST_CASE("values stand in quotes and never become SQL") {
    CHECK(text("alice") == "'alice'");
    CHECK(text("x'); DROP TABLE subscriber; --") == R"('x\'); DROP TABLE subscriber; --')");
    CHECK(text(R"(a\' OR 1=1)") == R"('a\\\' OR 1=1')");
    CHECK(text(std::string{"a\0b", 3}) == R"('a\0b')");
    CHECK(text("a\nb\"c") == R"('a\nb\"c')");
    CHECK(value(std::int64_t{-5}) == "-5");
    CHECK(value(0.25) == "0.25");
    CHECK(value({}) == "NULL");
    CHECK(value(std::strtod("nan", nullptr)) == "NULL");
    CHECK(value(DatabaseTime{1'790'000'000}) == "'2026-09-21 14:13:20'");
}

TEST_CASE("text that is not UTF-8 is taken as Latin-1, so that the server does not refuse it with its neighbours") {
    CHECK(text("M\xc3\xbcller") == "'M\xc3\xbcller'");
    CHECK(text("M\xfcller") == "'M\xc3\xbcller'");
    CHECK(text("\xe4'") == "'\xc3\xa4\\''");
    CHECK(text("\xed\xa0\x80") == "'\xc3\xad\xc2\xa0\xc2\x80'");              // a surrogate, RFC 3629 section 3
    CHECK(text("\xf0\x9f\x93\x9e") == "'\xf0\x9f\x93\x9e'");                  // four bytes: utf8mb4
    CHECK(text("\xf4\x90\x80\x80") == "'\xc3\xb4\xc2\x90\xc2\x80\xc2\x80'");  // above U+10FFFF
    CHECK(text("\xc0\xaf") == "'\xc3\x80\xc2\xaf'");                          // an overlong slash
    CHECK(text("a\xe2\x82") == "'a\xc3\xa2\xc2\x82'");                        // cut off
}

TEST_CASE("a name that is not [a-z0-9_]+ is refused before MariaDB sees it") {
    for (const char* name : {"", "a b", "a;b", "a`b", "a\"b", "Name", "a'b", "ä"}) {
        INFO(name);
        CHECK_THROWS_AS(sql_of(Select{name, {"id"}, {}, "", 0}, TimeZone::utc), MariadbError);
        CHECK_THROWS_AS(sql_of(Select{"t", {name}, {}, "", 0}, TimeZone::utc), MariadbError);
        CHECK_THROWS_AS(sql_of(Change{Delete{"t", {{name, std::int64_t{1}}}, "", {}}}, TimeZone::utc), MariadbError);
    }
}

TEST_CASE("a row is found by an index and then compared byte by byte, NULL with NULL") {
    CHECK(sql_of(Select{"t", {"a", "b"}, {{"k", std::string{"x"}}, {"n", {}}}, "a", 5}, TimeZone::utc) ==
          "SELECT `a`, `b` FROM `t` WHERE `k` <=> 'x' AND CONVERT(`k` USING utf8mb4) COLLATE utf8mb4_nopad_bin = 'x' "
          "AND `n` <=> NULL ORDER BY `a` LIMIT 5");
    Select any{"t", {"a"}, {{"k", std::int64_t{1}}, {"d", std::string{"X"}}}, "", 0};
    any.any_case = "d";
    CHECK(sql_of(any, TimeZone::utc) ==
          "SELECT `a` FROM `t` WHERE `k` <=> 1 AND LOWER(CONVERT(`d` USING utf8mb4) COLLATE utf8mb4_nopad_bin) = "
          "LOWER('X')");
    CHECK(sql_of(Change{Delete{"t", {}, "expires", DatabaseTime{0}}}, TimeZone::utc) ==
          "DELETE FROM `t` WHERE `expires` < '1970-01-01 00:00:00'");
    CHECK(sql_of(Change{Update{"t", {{"a", std::int64_t{1}}}, {{"k", std::int64_t{2}}}}}, TimeZone::utc) ==
          "UPDATE `t` SET `a` = 1 WHERE `k` <=> 2");
}

TEST_CASE("many rows go into one statement") {
    const std::vector<ColumnValue> one{{"k", std::string{"x"}}, {"v", std::int64_t{1}}},
        two{{"k", std::string{"y"}}, {"v", {}}};
    CHECK(sql_of_many(Upsert{"t", {"k"}, one}, {&one, &two}, TimeZone::utc) ==
          "INSERT INTO `t` (`k`, `v`) VALUES ('x',1),('y',NULL) ON DUPLICATE KEY UPDATE `v` = VALUES(`v`)");
    const std::vector<ColumnValue> pair{{"u", std::string{"x"}}, {"d", std::string{"e"}}};
    CHECK(sql_of_many(Select{"t", {"a"}, pair, "", 1}, {&pair, &pair}, TimeZone::utc) ==
          "SELECT `a`, `u`, `d` FROM `t` WHERE (`u`, `d`) IN (('x','e'),('x','e'))");
    const std::vector<ColumnValue> key{{"u", std::string{"x"}}};
    CHECK(sql_of_many(Select{"t", {"a"}, key, "", 1}, {&key}, TimeZone::utc) ==
          "SELECT `a`, `u` FROM `t` WHERE `u` IN ('x')");
}

TEST_CASE("a statement has the names of its own shape, whatever shapes were written before it") {
    const std::vector<ColumnValue> row{{"k", std::int64_t{1}}, {"v", std::int64_t{2}}};
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 20; ++i) {
            const std::string table = "t" + std::to_string(i);
            CHECK(sql_of_many(Upsert{table, {"k"}, row}, {&row}, TimeZone::utc) ==
                  "INSERT INTO `" + table + "` (`k`, `v`) VALUES (1,2) ON DUPLICATE KEY UPDATE `v` = VALUES(`v`)");
            CHECK(sql_of_many(Select{table, {"a"}, row, "", 1}, {&row}, TimeZone::utc) ==
                  "SELECT `a`, `k`, `v` FROM `" + table + "` WHERE (`k`, `v`) IN ((1,2))");
        }
    }
    CHECK(sql_of_many(Upsert{"t", {"v"}, row}, {&row}, TimeZone::utc) ==
          "INSERT INTO `t` (`k`, `v`) VALUES (1,2) ON DUPLICATE KEY UPDATE `k` = VALUES(`k`)");
    CHECK(sql_of_many(Upsert{"t", {"k", "v"}, row}, {&row}, TimeZone::utc) ==
          "INSERT INTO `t` (`k`, `v`) VALUES (1,2) ON DUPLICATE KEY UPDATE `k` = `k`");
    CHECK_THROWS_AS(sql_of_many(Upsert{"t;", {"k"}, row}, {&row}, TimeZone::utc), MariadbError);
    CHECK_THROWS_AS(sql_of_many(Upsert{"t;", {"k"}, row}, {&row}, TimeZone::utc), MariadbError);
}

TEST_CASE("no two keys have one text, and a key that comes back is the one that was given") {
    using Key = std::vector<ColumnValue>;
    CHECK(key_text(Key{{"a", std::string{"1:x"}}, {"b", std::string{""}}}) !=
          key_text(Key{{"a", std::string{""}}, {"b", std::string{"1:x"}}}));
    CHECK(key_text(Key{{"a", std::int64_t{12}}, {"b", std::string{"M\xfc"}}}) ==
          key_text(DatabaseRow{std::string{"value"}, std::int64_t{12}, std::string{"M\xc3\xbc"}}, 1, 2));
    CHECK(key_text(Key{{"a", std::string{"Alice"}}}) != key_text(DatabaseRow{std::string{"alice"}}, 0, 1));
}

TEST_CASE("a DATETIME means local time as Kamailio has it, or UTC, and survives the way there and back") {
    ::setenv("TZ", "Europe/Berlin", 1);
    ::tzset();
    CHECK(datetime_text(1'790'000'000, TimeZone::local) == "2026-09-21 16:13:20");
    for (const std::int64_t seconds : {std::int64_t{0}, std::int64_t{1'790'000'000}, std::int64_t{4294967295}}) {
        for (const TimeZone zone : {TimeZone::local, TimeZone::utc})
            CHECK(datetime_seconds(datetime_text(seconds, zone), zone) == seconds);
    }
    ::unsetenv("TZ");
    ::tzset();
    CHECK(datetime_seconds("0000-00-00 00:00:00", TimeZone::utc) == 0);
    CHECK(datetime_seconds("nonsense", TimeZone::utc) == 0);
    CHECK(datetime_text(std::int64_t{1} << 60, TimeZone::utc) == "9999-12-30 23:59:59");
    CHECK(datetime_text(-5, TimeZone::utc) == "1970-01-01 00:00:00");
}

TEST_CASE("hosts are written as names, addresses and sockets") {
    CHECK(parse_host("db1") == Host{"db1", 3306, ""});
    CHECK(parse_host("db1:3307") == Host{"db1", 3307, ""});
    CHECK(parse_host("[2001:db8::1]:3307") == Host{"2001:db8::1", 3307, ""});
    CHECK(parse_host("2001:db8::1") == Host{"2001:db8::1", 3306, ""});
    CHECK(parse_host("unix:/run/x.sock") == Host{"", 0, "/run/x.sock"});
    for (const char* wrong : {"", "db1:", "db1:0", "db1:70000", "db1:x", "[::1", "[]:3306", "unix:x", "a b", "a/b"})
        CHECK_FALSE(parse_host(wrong));
    for (const char* same : {"db1:3306", "[2001:db8::1]:3307", "unix:/run/x.sock"})
        CHECK(parse_host(same)->text() == same);
}

TEST_CASE("a host that fails rests, each time longer, and the next one is asked meanwhile") {
    const TimePoint start{1h};
    HostChoice choice{2, {100ms, 300ms}};
    CHECK(choice.next(start) == 0);
    choice.failed(0, start);
    CHECK(choice.next(start) == 1);
    choice.failed(1, start);
    CHECK_FALSE(choice.next(start));
    CHECK(choice.rest(start) == 100ms);
    CHECK(choice.next(start + 100ms) == 0);
    choice.failed(0, start + 100ms);
    CHECK(choice.next(start + 250ms) == 1);
    choice.failed(1, start + 250ms);
    choice.failed(0, start + 300ms);
    CHECK(choice.next(start + 599ms) == 1);
    CHECK(choice.next(start + 600ms) == 0);  // 300 ms is the longest
    choice.succeeded(0);
    choice.failed(0, start + 600ms);
    CHECK(choice.next(start + 700ms) == 0);  // from the beginning again
}

TEST_CASE("what MariaDB says becomes our word and tells how far it reaches") {
    const auto is = [](unsigned number, DatabaseErrc code, Extent extent) {
        const Problem problem = problem_of(number, "words");
        CHECK(problem.code == code);
        CHECK(problem.extent == extent);
    };
    is(1062, DatabaseErrc::constraint, Extent::statement);
    is(1213, DatabaseErrc::timeout, Extent::transaction);  // deadlock
    is(1047, DatabaseErrc::unavailable, Extent::node);     // Galera node that is not part of the cluster
    is(2013, DatabaseErrc::unavailable, Extent::connection);
    is(1114, DatabaseErrc::disk_full, Extent::statement);
    is(1146, DatabaseErrc::schema, Extent::statement);
    is(1406, DatabaseErrc::constraint, Extent::statement);
    is(31999, DatabaseErrc::failed, Extent::statement);
    CHECK(problem_of(1030, "Got error 28 \"No space left on device\" from storage engine").code ==
          DatabaseErrc::disk_full);
    CHECK(problem_of(1030, "Got error 122 from storage engine").code == DatabaseErrc::failed);
}
