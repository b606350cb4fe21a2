// What is left after the worst moments: kill -9, a full disk, a damaged file.
// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <fstream>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include "modules/db_sqlite/sqlite_database.hpp"
#include "support/manual_workers.hpp"
#include "temporary_folder.hpp"

using namespace viaduct;
using namespace viaduct::db_sqlite;
using viaduct::test::ManualWorkers;

namespace {

// Runs `child` in a forked process and returns what waitpid says. No thread runs here when it forks.
template <class Child>
int in_child(Child child) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        child();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return status;
}

struct Server {
    explicit Server(const std::string& file) : database{{file, {}, std::chrono::milliseconds{250}}, workers, log} {}
    Logger log{"test"};
    ManualWorkers workers;
    SqliteDatabase database;
};

}  // namespace

TEST_CASE("what was acknowledged survives kill -9") {
    const TemporaryFolder folder;
    const std::string file = make_database(folder);
    int acknowledged[2];
    REQUIRE(::pipe(acknowledged) == 0);
    const int status = in_child([&] {
        Server server{file};
        for (int i = 0;; ++i) {
            server.database.write(
                {add_subscriber("user" + std::to_string(i))}, [&, i](const Result<std::uint64_t>& written) {
                    if (written.has_value() && ::write(acknowledged[1], &i, sizeof i) == sizeof i && i == 300)
                        ::kill(::getpid(), SIGKILL);
                });
            if (i % 10 == 9) server.workers.run();  // others stay in flight
        }
    });
    ::close(acknowledged[1]);
    REQUIRE(WIFSIGNALED(status));

    Server server{file};
    std::size_t told = 0;
    for (int i = 0; ::read(acknowledged[0], &i, sizeof i) == sizeof i; ++told) {
        const auto rows =
            server.database.select_now({"subscriber", {"id"}, {{"username", "user" + std::to_string(i)}}, "", 0});
        CHECK(rows.size() == 1);
    }
    ::close(acknowledged[0]);
    CHECK(told == 301);
}

TEST_CASE("on a full disk writes fail with a word for it, reads go on, and nothing acknowledged is lost") {
    const TemporaryFolder folder;
    const std::string file = make_database(folder);
    enum Verdict { kFine = 0, kNeverFull = 1, kWrongWord = 2, kLost = 3, kReadFailed = 4, kNoRecovery = 5 };
    const int status = in_child([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit generous{RLIM_INFINITY, RLIM_INFINITY}, tight{600'000, RLIM_INFINITY};
        Server server{file};
        ::setrlimit(RLIMIT_FSIZE, &tight);
        std::size_t acknowledged = 0;
        error_code failure;
        const auto add = [&](int i) {
            server.database.write({add_subscriber(std::string(2000, 'x') + std::to_string(i))},
                                  [&](const Result<std::uint64_t>& written) {
                                      if (written.has_value()) ++acknowledged;
                                      if (written.has_error()) failure = written.error();
                                  });
            if (i % 10 == 0) server.workers.run();
        };
        for (int i = 0; i < 2000 && !failure; ++i) add(i);
        server.workers.run();
        if (!failure) ::_exit(kNeverFull);
        if (failure != make_error_code(DatabaseErrc::disk_full)) ::_exit(kWrongWord);
        std::optional<Result<DatabaseRows>> rows;
        server.database.select(subscribers(), [&](Result<DatabaseRows> found) { rows = std::move(found); });
        server.workers.run();
        if (!rows || rows->has_error()) ::_exit(kReadFailed);
        if (rows->value().size() != acknowledged) ::_exit(kLost);
        ::setrlimit(RLIMIT_FSIZE, &generous);
        const std::size_t before = acknowledged;
        add(100'000);
        server.workers.run();
        if (acknowledged != before + 1) ::_exit(kNoRecovery);
    });
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == kFine);
}

TEST_CASE("a damaged file is refused with what to do, and a restore puts it aside") {
    const TemporaryFolder folder;
    const std::string file = make_database(folder);
    SqliteAdmin admin{file, kSchema};
    Connection{file, {Connection::Mode::write}}.execute("INSERT INTO subscriber (username) VALUES ('alice')");
    admin.backup(folder.file("saved.db"));
    std::ofstream{file, std::ios::trunc} << std::string(8192, 'x');

    CHECK_THROWS_WITH(admin.check(), Catch::Contains("viactl db restore"));
    admin.restore(folder.file("saved.db"));
    CHECK(admin.check().empty());
    CHECK(std::filesystem::exists(file + ".damaged"));
    Connection connection{file, {Connection::Mode::read}};
    CHECK(connection.value("SELECT username FROM subscriber") == DatabaseValue{std::string{"alice"}});
}
