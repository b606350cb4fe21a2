// SPDX-License-Identifier: Apache-2.0
#include "modules/db_sqlite/sqlite_database.hpp"

#include <algorithm>
#include <optional>

#include <catch2/catch.hpp>

#include "base/log_sink.hpp"
#include "modules/db_sqlite/sql_text.hpp"
#include "support/database_expectations.hpp"
#include "support/manual_workers.hpp"
#include "temporary_folder.hpp"

using namespace viaduct;
using namespace viaduct::db_sqlite;
using viaduct::test::ManualWorkers;

namespace {

struct Server {
    explicit Server(const std::string& file, WriterLimits limits = {}, unsigned count = 1)
        : workers{count}, database{{file, limits, std::chrono::milliseconds{250}}, workers, log} {}

    // Counts outcomes instead of keeping them.
    void write(std::vector<Change> changes) {
        database.write(std::move(changes), [this](const Result<std::uint64_t>& written) {
            written.has_value() ? ++succeeded : ++failed;
            if (written.has_error()) last_error = written.error();
        });
    }
    std::size_t rows() { return database.select_now(subscribers()).size(); }

    Logger log{"test"};
    ManualWorkers workers;
    unsigned succeeded = 0, failed = 0;
    error_code last_error;
    SqliteDatabase database;
};

}  // namespace

TEST_CASE("SQLite does what every database must do") {
    const TemporaryFolder folder;
    Server server{make_database(folder)};
    test::DatabaseExpectations{server.database, server.workers}.check_all();
}

TEST_CASE("many writes share few commits, and each is told of its own") {
    const TemporaryFolder folder;
    Server server{make_database(folder)};
    for (int i = 0; i < 1000; ++i) server.write({add_subscriber("user" + std::to_string(i))});
    server.workers.run();
    CHECK(server.succeeded == 1000);
    CHECK(server.rows() == 1000);
    CHECK(server.database.counts().groups == 1000);
    CHECK(server.database.counts().commits < 100);
}

TEST_CASE("a group that breaks a rule fails whole and alone") {
    const TemporaryFolder folder;
    Server server{make_database(folder)};
    server.write({add_subscriber("alice")});
    server.write({add_subscriber("bob"), add_subscriber("alice")});
    server.write({add_subscriber("carol")});
    server.workers.run();
    CHECK(server.succeeded == 2);
    CHECK(server.failed == 1);
    CHECK(server.last_error == make_error_code(DatabaseErrc::constraint));
    CHECK(server.database.select_now(subscribers()) == DatabaseRows{{std::string{"alice"}}, {std::string{"carol"}}});
}

TEST_CASE("reads that fail are said in the log, once a minute, however many there are") {
    const TemporaryFolder folder;
    Server server{make_database(folder)};
    std::vector<std::string> lines;
    const Registration hook =
        set_log_hook([&](LogLevel, std::string_view, std::string_view line) { lines.emplace_back(line); });
    unsigned failed = 0;
    Select query = subscribers();
    query.table = "no_such_table";
    for (int i = 0; i < 100; ++i) {
        server.database.select(query, [&](const Result<DatabaseRows>& rows) { failed += rows.has_error() ? 1 : 0; });
    }
    server.workers.run();
    CHECK(failed == 100);
    REQUIRE_FALSE(lines.empty());
    CHECK(lines.size() <= 2);  // a minute may have ended meanwhile
    CHECK(lines[0].find("cannot read ") == 0);
    CHECK(lines[0].find("no_such_table") != std::string::npos);
}

TEST_CASE("a completion runs on the worker that asked, never inside the call") {
    const TemporaryFolder folder;
    Server server{make_database(folder), {}, 3};
    std::vector<unsigned> told;
    for (unsigned worker = 0; worker < 3; ++worker) {
        server.workers.as(worker, [&] {
            server.database.write({add_subscriber("user" + std::to_string(worker))},
                                  [&](const Result<std::uint64_t>&) { told.push_back(server.workers.current() + 10); });
            server.database.select(subscribers(),
                                   [&](const Result<DatabaseRows>&) { told.push_back(server.workers.current()); });
        });
    }
    CHECK(told.empty());
    server.workers.run();
    std::sort(told.begin(), told.end());
    CHECK(told == std::vector<unsigned>{0, 1, 2, 10, 11, 12});
}

TEST_CASE("a read sees what was acknowledged, and waits for nobody") {
    const TemporaryFolder folder;
    Server server{make_database(folder)};
    server.write({add_subscriber("alice")});
    server.workers.run();
    std::optional<Result<DatabaseRows>> rows;
    server.database.select({"subscriber", {"username", "ha1_sha256"}, {{"username", std::string{"alice"}}}, "", 1},
                           [&](Result<DatabaseRows> found) { rows = std::move(found); });
    server.workers.run();
    REQUIRE(rows);
    CHECK(rows->value() == DatabaseRows{{std::string{"alice"}, std::monostate{}}});
}

TEST_CASE("more than the queue takes is refused as overloaded, and what was taken is written") {
    const TemporaryFolder folder;
    const std::string file = make_database(folder);
    Server server{file, {8, 4, std::chrono::milliseconds{20000}}};
    Connection somebody_else{file, {Connection::Mode::write}};
    somebody_else.execute("BEGIN IMMEDIATE");  // the writer has to wait
    for (int i = 0; i < 100; ++i) server.write({add_subscriber("user" + std::to_string(i))});
    somebody_else.execute("COMMIT");
    server.workers.run();
    CHECK(server.failed >= 100 - 8 - 4);
    CHECK(server.last_error == make_error_code(DatabaseErrc::overloaded));
    CHECK(server.succeeded + server.failed == 100);
    CHECK(server.rows() == server.succeeded);
}

TEST_CASE("another program that keeps the database locked costs a timeout, not the server") {
    const TemporaryFolder folder;
    const std::string file = make_database(folder);
    Server server{file, {100, 10, std::chrono::milliseconds{50}}};
    Connection somebody_else{file, {Connection::Mode::write}};
    somebody_else.execute("BEGIN IMMEDIATE");
    server.write({add_subscriber("alice")});
    server.workers.run();
    CHECK(server.last_error == make_error_code(DatabaseErrc::timeout));
    somebody_else.execute("ROLLBACK");
    server.write({add_subscriber("alice")});
    server.workers.run();
    CHECK(server.succeeded == 1);
}

TEST_CASE("a read over too many rows is given up at its limit") {
    const TemporaryFolder folder;
    Connection connection{make_database(folder), {Connection::Mode::write}};
    connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
        "INSERT INTO subscriber (username) SELECT i FROM n");
    connection.limit_next_read(std::chrono::milliseconds{1});
    try {
        run_select(connection, {"subscriber", {"id"}, {{"ha1", std::string{"none has it"}}}, "", 0});
        FAIL("it was never stopped");
    } catch (const SqliteError& error) {
        CHECK(error.code() == DatabaseErrc::timeout);
    }
    connection.limit_next_read(std::chrono::milliseconds{0});
    CHECK(run_select(connection, {"subscriber", {"id"}, {}, "", 1}).size() == 1);
}

TEST_CASE("what is queued when the server stops is still written") {
    const TemporaryFolder folder;
    const std::string file = make_database(folder);
    {
        Server server{file};
        for (int i = 0; i < 200; ++i) server.write({add_subscriber("user" + std::to_string(i))});
    }
    Server again{file};
    CHECK(again.rows() == 200);
}

TEST_CASE("the blocking calls write all or nothing, and a scan need not hold all rows") {
    const TemporaryFolder folder;
    Server server{make_database(folder)};
    CHECK(server.database.write_now({add_subscriber("alice"), add_subscriber("bob")}) == 2);
    CHECK_THROWS_AS(server.database.write_now({add_subscriber("carol"), add_subscriber("bob")}), std::runtime_error);
    unsigned rows = 0;
    server.database.scan_now(subscribers(), [&](DatabaseRow&) { ++rows; });
    CHECK(rows == 2);
}
