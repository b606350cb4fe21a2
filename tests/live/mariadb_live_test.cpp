// db_mariadb's classes on a real MariaDB that mariadb_test.py started: what every database must do, and what is its
// own.
//
// Environment: MARIADB_SOCKET, root's; the test makes a database of its own there.
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include <catch2/catch.hpp>

#include "base/metrics.hpp"
#include "modules/db_mariadb/mariadb_admin.hpp"
#include "modules/db_mariadb/mariadb_database.hpp"
#include "support/database_expectations.hpp"
#include "support/manual_workers.hpp"

using namespace viaduct;
using namespace viaduct::db_mariadb;
using viaduct::test::ManualWorkers;

namespace {

Host server_host() {
    const char* socket = std::getenv("MARIADB_SOCKET");
    REQUIRE(socket != nullptr);
    return {"", 0, socket};
}

ClientOptions as_root() {
    ClientOptions options;
    options.user = "root";
    options.zone = TimeZone::utc;
    return options;
}

// A database that is there as long as this.
struct Scratch {
    explicit Scratch(const std::string& collation) {
        root.run("DROP DATABASE IF EXISTS viaduct_expectations");
        root.run("CREATE DATABASE viaduct_expectations CHARACTER SET utf8mb4 COLLATE " + collation);
        root.run("USE viaduct_expectations");
        for (const Migration& migration : read_migrations(VIADUCT_MARIADB_SCHEMA_FOLDER))
            root.run_script(migration_text(migration));
    }
    ~Scratch() { root.run("DROP DATABASE viaduct_expectations"); }
    Client root = Client::connect(server_host(), as_root());
};

struct Server {
    explicit Server(QueueLimits limits = {}, unsigned count = 1) : workers{count} {
        DatabaseSettings settings;
        settings.hosts = {server_host()};
        settings.client = as_root();
        settings.client.database = "viaduct_expectations";
        settings.limits = limits;
        database.emplace(settings, workers, metrics, log);
        for (unsigned worker = 0; worker < count; ++worker) workers.as(worker, [&] { database->worker_started(); });
    }
    std::uint64_t batches(const std::string& kind) {
        return metrics.counter("viaduct_db_mariadb_batches_total", "", "kind=\"" + kind + "\"").value();
    }

    Logger log{"test"};
    ManualWorkers workers;
    Metrics metrics;
    std::optional<MariadbDatabase> database;
};

Change subscriber(const std::string& name) {
    return Insert{"subscriber", {{"username", name}, {"domain", std::string{"example.test"}}}};
}

}  // namespace

TEST_CASE("MariaDB does what every database must do, with an exact collation and with a careless one") {
    for (const char* collation : {"utf8mb4_bin", "utf8mb4_general_ci"}) {
        INFO(collation);
        const Scratch scratch{collation};
        Server server;
        test::DatabaseExpectations{*server.database, server.workers}.check_all();
    }
}

TEST_CASE("many reads share few queries and many writes few commits") {
    const Scratch scratch{"utf8mb4_bin"};
    Server server;
    unsigned fine = 0;
    for (int i = 0; i < 1000; ++i) {
        server.database->write({Upsert{"location", {"ruid"}, {{"ruid", "r" + std::to_string(i)}}}},
                               [&](const Result<std::uint64_t>& rows) { fine += rows.has_value() ? 1 : 0; });
        server.database->select({"subscriber", {"ha1"}, {{"username", std::to_string(i)}}, "", 1},
                                [&](const Result<DatabaseRows>& rows) { fine += rows.has_value() ? 1 : 0; });
    }
    server.workers.run();
    CHECK(fine == 2000);
    CHECK(server.batches("write") <= 3);
    CHECK(server.batches("read") <= 3);
    CHECK(server.database->select_now({"location", {"id"}, {}, "", 0}).size() == 1000);
}

TEST_CASE("more than the queue takes is refused as overloaded, and what was taken is written") {
    const Scratch scratch{"utf8mb4_bin"};
    QueueLimits limits;
    limits.queue = 8;
    Server server{limits};
    unsigned written = 0, refused = 0;
    for (int i = 0; i < 100; ++i) {
        server.database->write({subscriber("user" + std::to_string(i))}, [&](const Result<std::uint64_t>& rows) {
            rows.has_value() ? ++written : ++refused;
            if (rows.has_error()) CHECK(rows.error() == make_error_code(DatabaseErrc::overloaded));
        });
    }
    server.workers.run();
    CHECK(written == 8);
    CHECK(refused == 92);
    CHECK(server.database->select_now({"subscriber", {"id"}, {}, "", 0}).size() == 8);
}

TEST_CASE("two workers that meet on the same rows both get through") {
    const Scratch scratch{"utf8mb4_bin"};
    Server server{{}, 2};
    unsigned fine = 0;
    for (int i = 0; i < 400; ++i) {
        server.workers.as(i % 2, [&] {
            const std::string ruid = "r" + std::to_string(i % 2 == 0 ? i % 40 : 40 - i % 40);
            server.database->write({Upsert{"location", {"ruid"}, {{"ruid", ruid}, {"cseq", std::int64_t{i}}}},
                                    Delete{"location", {{"ruid", ruid + "x"}}, "", {}}},
                                   [&](const Result<std::uint64_t>& rows) { fine += rows.has_value() ? 1 : 0; });
        });
        if (i % 50 == 49) server.workers.run();
    }
    CHECK(fine == 400);
}

TEST_CASE("a lock that somebody holds costs a timeout, and others in the same commit nothing") {
    const Scratch scratch{"utf8mb4_bin"};
    Server server;
    server.database->write_now({subscriber("alice")});
    Client other = Client::connect(server_host(), as_root());
    other.run("USE viaduct_expectations");
    other.run("START TRANSACTION");
    other.run("UPDATE subscriber SET ha1 = 'x'");
    std::vector<error_code> told;
    const auto ask = [&](Change change) {
        server.database->write({std::move(change)}, [&](const Result<std::uint64_t>& rows) {
            told.push_back(rows.has_error() ? rows.error() : error_code{});
        });
    };
    ask(Upsert{"location", {"ruid"}, {{"ruid", std::string{"r1"}}}});
    ask(Update{"subscriber", {{"ha1", std::string{"late"}}}, {{"username", std::string{"alice"}}}});
    server.workers.run();
    CHECK(told == std::vector<error_code>{{}, make_error_code(DatabaseErrc::timeout)});
    other.run("COMMIT");
    CHECK(server.database->select_now({"subscriber", {"ha1"}, {{"username", std::string{"alice"}}}, "", 0}) ==
          DatabaseRows{{std::string{"x"}}});
}

TEST_CASE("connections that the server ends while nothing is asked are made anew before anybody notices") {
    const Scratch scratch{"utf8mb4_bin"};
    Server server;
    unsigned fine = 0;
    const auto ask = [&] {
        server.database->select({"subscriber", {"id"}, {}, "", 1},
                                [&](const Result<DatabaseRows>& rows) { fine += rows.has_value() ? 1 : 0; });
        server.workers.run();
    };
    ask();
    Client root = Client::connect(server_host(), as_root());
    const std::string others =
        "SELECT id FROM information_schema.processlist WHERE db = 'viaduct_expectations' AND id <> " +
        std::to_string(scratch.root.thread_id());
    const auto rows = root.run(others).rows;
    CHECK_FALSE(rows.empty());
    for (const DatabaseRow& row : rows) root.run("KILL " + std::to_string(std::get<std::int64_t>(row[0])));
    while (!root.run(others).rows.empty()) root.run("DO SLEEP(0.01)");  // KILL only asks for it
    ask();
    CHECK(fine == 2);
}
