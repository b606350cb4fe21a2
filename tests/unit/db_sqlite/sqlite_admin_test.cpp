// SPDX-License-Identifier: Apache-2.0
#include "modules/db_sqlite/sqlite_admin.hpp"

#include <fstream>
#include <set>

#include <catch2/catch.hpp>

#include "temporary_folder.hpp"

using namespace viaduct;
using namespace viaduct::db_sqlite;
using Catch::Contains;

namespace {

void write_file(const std::string& name, const std::string& text) { std::ofstream{name} << text; }

// A schema folder of the test's own.
struct Schema {
    explicit Schema(const TemporaryFolder& folder) : path{folder.file("schema")} {
        std::filesystem::create_directory(path);
    }
    void add(const std::string& name, const std::string& sql) const { write_file(path + "/" + name, sql); }
    std::string path;
};

std::set<std::string> columns(const std::string& file, const std::string& table) {
    Connection connection{file, {Connection::Mode::read}};
    Statement statement = connection.prepare("SELECT name FROM pragma_table_info('" + table + "')");
    std::set<std::string> names;
    while (statement.step()) names.insert(std::get<std::string>(statement.column(0)));
    return names;
}

}  // namespace

TEST_CASE("create makes every table of db-schema, once") {
    const TemporaryFolder folder;
    SqliteAdmin admin{folder.file("viaduct.db"), kSchema};
    CHECK_FALSE(admin.exists());
    CHECK(admin.version() == 0);
    CHECK_THROWS_WITH(admin.check(), Contains("viactl db create"));
    admin.create();
    CHECK(admin.version() == admin.newest_version());
    CHECK(admin.check().empty());
    CHECK(columns(folder.file("viaduct.db"), "location").size() == 23);
    CHECK(columns(folder.file("viaduct.db"), "subscriber").count("ha1_sha512_256") == 1);
    CHECK_THROWS_WITH(admin.create(), Contains("exists already"));
}

TEST_CASE("start-up names the schema change that is missing, and upgrade applies it") {
    const TemporaryFolder folder;
    const Schema schema{folder};
    schema.add("0001_first.sql", "CREATE TABLE a (x INTEGER);");
    SqliteAdmin admin{folder.file("viaduct.db"), schema.path};
    admin.create();
    schema.add("0002_second.sql", "CREATE TABLE b (x INTEGER);");
    CHECK_THROWS_WITH(admin.check(), Contains("0002_second.sql") && Contains("viactl db upgrade"));
    CHECK(admin.upgrade() == std::vector<std::string>{"0002_second.sql"});
    CHECK(admin.upgrade().empty());
    CHECK(admin.version() == 2);
}

TEST_CASE("a schema file that fails leaves nothing of itself behind") {
    const TemporaryFolder folder;
    const Schema schema{folder};
    schema.add("0001_first.sql", "CREATE TABLE a (x INTEGER);");
    SqliteAdmin admin{folder.file("viaduct.db"), schema.path};
    admin.create();
    schema.add("0002_second.sql", "CREATE TABLE b (x INTEGER); CREATE TABLE a (x INTEGER);");
    CHECK_THROWS_WITH(admin.upgrade(), Contains("0002_second.sql"));
    CHECK(admin.version() == 1);
    CHECK(columns(folder.file("viaduct.db"), "b").empty());
}

TEST_CASE("a database from a newer viaduct is used with a warning and not touched") {
    const TemporaryFolder folder;
    const std::string file = make_database(folder);
    Connection{file, {Connection::Mode::write}}.execute(
        "INSERT INTO schema_migrations VALUES (9999, '9999_future.sql', 0)");
    SqliteAdmin admin{file, kSchema};
    CHECK_THAT(admin.check(), Contains("newer"));
    CHECK(admin.upgrade().empty());
}

TEST_CASE("a database made by Kamailio keeps its rows and gets what is missing") {
    const TemporaryFolder folder;
    const std::string file = folder.file("kamailio.db");
    Connection{file, {Connection::Mode::create}}.execute(
        "CREATE TABLE version (id INTEGER PRIMARY KEY NOT NULL, table_name VARCHAR(32) NOT NULL, table_version INTEGER "
        "DEFAULT 0 NOT NULL,"
        " CONSTRAINT table_name_idx UNIQUE (table_name));"
        "CREATE TABLE subscriber (id INTEGER PRIMARY KEY NOT NULL, username VARCHAR(64) DEFAULT '' NOT NULL, domain "
        "VARCHAR(64) DEFAULT '' NOT"
        " NULL, password VARCHAR(64) DEFAULT '' NOT NULL, ha1 VARCHAR(128) DEFAULT '' NOT NULL, ha1b VARCHAR(128) "
        "DEFAULT '' NOT NULL,"
        " CONSTRAINT account_idx UNIQUE (username, domain));"
        "INSERT INTO version (table_name, table_version) VALUES ('subscriber', 6);"
        "INSERT INTO subscriber (username, domain, ha1) VALUES ('alice', 'example.test', 'abc');");
    SqliteAdmin admin{file, kSchema};
    CHECK_THROWS_WITH(admin.check(), Contains("viactl db upgrade"));
    admin.upgrade();
    CHECK(admin.check().empty());
    Connection connection{file, {Connection::Mode::read}};
    CHECK(connection.value("SELECT ha1 FROM subscriber WHERE username = 'alice'") == DatabaseValue{std::string{"abc"}});
    CHECK(connection.value("SELECT table_version FROM version WHERE table_name = 'subscriber'") ==
          DatabaseValue{std::int64_t{6}});
}

TEST_CASE("a backup is taken while somebody writes, and restore brings its rows back") {
    const TemporaryFolder folder;
    const std::string file = make_database(folder);
    SqliteAdmin admin{file, kSchema};
    Connection writer{file, {Connection::Mode::write}};
    writer.execute("INSERT INTO subscriber (username) VALUES ('alice')");
    writer.execute("BEGIN IMMEDIATE; INSERT INTO subscriber (username) VALUES ('half done')");
    admin.backup(folder.file("saved.db"));
    writer.execute("ROLLBACK; DELETE FROM subscriber");

    admin.restore(folder.file("saved.db"));
    CHECK(writer.value("SELECT group_concat(username) FROM subscriber") == DatabaseValue{std::string{"alice"}});
    CHECK_FALSE(std::filesystem::exists(folder.file("saved.db.new")));
}

TEST_CASE("restore refuses what is no backup of ours and leaves the database alone") {
    const TemporaryFolder folder;
    const std::string file = make_database(folder);
    SqliteAdmin admin{file, kSchema};
    write_file(folder.file("text"),
               "certainly not a database, but long enough to be read as the header of one, it is to be hoped by now");
    Connection{folder.file("other.db"), {Connection::Mode::create}}.execute("CREATE TABLE t (x)");
    CHECK_THROWS_WITH(admin.restore(folder.file("missing")), Contains("does not exist"));
    CHECK_THROWS_WITH(admin.restore(folder.file("text")), Contains("no undamaged SQLite database"));
    CHECK_THROWS_WITH(admin.restore(folder.file("other.db")), Contains("not one of viaduct's"));
    CHECK(admin.check().empty());
}

TEST_CASE("a missing folder or schema is explained") {
    const TemporaryFolder folder;
    SqliteAdmin nowhere{folder.file("no/such/viaduct.db"), kSchema};
    CHECK_THROWS_WITH(nowhere.check(), Contains("folder") && Contains("does not exist"));
    CHECK_THROWS_WITH(nowhere.create(), Contains("folder") && Contains("does not exist"));
    SqliteAdmin no_schema{folder.file("viaduct.db"), folder.file("schema-that-is-not-there")};
    CHECK_THROWS_WITH(no_schema.create(), Contains("schema"));
    CHECK_FALSE(std::filesystem::exists(folder.file("viaduct.db.new")));
}
