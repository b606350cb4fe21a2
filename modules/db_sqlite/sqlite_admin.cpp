// sqlite_admin: see sqlite_admin.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "sqlite_admin.hpp"

#include <ctime>
#include <stdexcept>

#include <fmt/format.h>
#include <unistd.h>

namespace viaduct::db_sqlite {

namespace fs = std::filesystem;

namespace {

constexpr const char* kMigrationsTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY NOT NULL, file TEXT NOT NULL, applied "
    "INTEGER NOT NULL)";

std::runtime_error fault(const std::string& words) { return std::runtime_error{words}; }

// What keeps SQLite from opening `file`, in words that say what to do.
std::runtime_error explain(const std::string& file, const SqliteError& error) {
    const fs::path folder = fs::absolute(file).parent_path();
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) {
        return fault(
            fmt::format("the folder {} does not exist: create it, owned by the user viaduct runs as", folder.string()));
    }
    if (fs::is_directory(file, ignored)) return fault(fmt::format("{} is a folder: name a file in it", file));
    if (error.result() != 0 && to_errc(error.result()) == DatabaseErrc::unavailable && fs::exists(file, ignored) &&
        ::access(file.c_str(), R_OK | W_OK) == 0 && ::access(folder.c_str(), W_OK) == 0) {
        return fault(fmt::format(
            "{} is no SQLite database or is damaged ({}): bring back a backup with `viactl db restore FILE`, "
            "or name another file",
            file, error.what()));
    }
    if (::access(folder.c_str(), W_OK) != 0 ||
        (fs::exists(file, ignored) && ::access(file.c_str(), R_OK | W_OK) != 0)) {
        return fault(fmt::format(
            "no permission to write {} and its folder: both must belong to the user viaduct runs as", file));
    }
    return fault(fmt::format("{}: {}", file, error.what()));
}

int version_of(Connection& connection) {
    const auto table =
        connection.value("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'");
    if (std::get<std::int64_t>(table) == 0) return 0;
    const auto number = connection.value("SELECT max(number) FROM schema_migrations");
    return std::holds_alternative<std::int64_t>(number) ? static_cast<int>(std::get<std::int64_t>(number)) : 0;
}

// Throws unless the file is an undamaged database of ours; returns its version.
int validate(const std::string& file) {
    if (!fs::is_regular_file(file)) throw fault(fmt::format("{} does not exist", file));
    try {
        Connection connection{file, {Connection::Mode::read}};
        const auto verdict = connection.value("PRAGMA integrity_check(1)");
        if (verdict != DatabaseValue{std::string{"ok"}})
            throw SqliteError{DatabaseErrc::unavailable, "integrity check failed"};
        const int version = version_of(connection);
        if (version == 0)
            throw fault(fmt::format("{} is a database, but not one of viaduct's: it has no schema_migrations", file));
        return version;
    } catch (const SqliteError& error) {
        throw fault(fmt::format("{} is no undamaged SQLite database ({})", file, error.what()));
    }
}

void remove_with_log(const std::string& file) {
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) fs::remove(file + suffix, ignored);
}

// Copies the database in `from` to the new file `to`, which appears whole or not at all.
void copy_whole(Connection& from, const std::string& to) {
    const std::string unfinished = to + ".new";
    remove_with_log(unfinished);
    try {
        {
            Connection copy{unfinished, {Connection::Mode::create}};
            from.backup_to(copy);
        }
        fs::rename(unfinished, to);
    } catch (const SqliteError& error) {
        remove_with_log(unfinished);
        throw fault(fmt::format("{} cannot be written: {}", to, error.what()));
    }
}

}  // namespace

SqliteAdmin::SqliteAdmin(std::string file, std::string schema_folder)
    : file_{std::move(file)}, schema_folder_{std::move(schema_folder)} {}

bool SqliteAdmin::exists() {
    std::error_code failed;
    return fs::is_regular_file(file_, failed) && fs::file_size(file_, failed) > 0;
}

int SqliteAdmin::version() {
    if (!exists()) return 0;
    try {
        Connection connection{file_, {Connection::Mode::write}};
        return version_of(connection);
    } catch (const SqliteError& error) {
        throw explain(file_, error);
    }
}

int SqliteAdmin::newest_version() { return read_migrations(schema_folder_).back().number; }

std::vector<std::string> SqliteAdmin::apply(Connection& connection, const std::vector<Migration>& migrations) const {
    std::vector<std::string> applied;
    connection.execute(kMigrationsTable);
    for (const Migration& migration : migrations) {
        const std::string name = migration.file.filename().string();
        try {
            connection.execute("BEGIN IMMEDIATE");
            connection.execute(migration_text(migration));
            Statement note =
                connection.prepare("INSERT INTO schema_migrations (number, file, applied) VALUES (?, ?, ?)");
            const DatabaseValue file_name = name;
            note.bind(std::int64_t{migration.number});
            note.bind(file_name);
            note.bind(std::int64_t{std::time(nullptr)});
            note.step();
        } catch (const std::exception& error) {
            if (connection.in_transaction()) connection.execute("ROLLBACK");
            throw fault(fmt::format("{} failed, the database is as it was before it: {}", migration.file.string(),
                                    error.what()));
        }
        connection.execute("COMMIT");
        applied.push_back(name);
    }
    return applied;
}

void SqliteAdmin::create() {
    if (exists()) throw fault(fmt::format("{} exists already: `viactl db upgrade` brings it up to date", file_));
    const std::string unfinished = file_ + ".new";
    remove_with_log(unfinished);
    try {
        {
            Connection connection{unfinished, {Connection::Mode::create}};
            apply(connection, read_migrations(schema_folder_));
        }
        fs::rename(unfinished, file_);
    } catch (const SqliteError& error) {
        remove_with_log(unfinished);
        throw explain(file_, error);
    } catch (const std::exception&) {
        remove_with_log(unfinished);
        throw;
    }
}

std::vector<std::string> SqliteAdmin::upgrade() {
    if (!exists()) throw fault(fmt::format("{} does not exist: `viactl db create` makes it", file_));
    try {
        Connection connection{file_, {Connection::Mode::write}};
        return apply(connection, migrations_after(schema_folder_, version_of(connection)));
    } catch (const SqliteError& error) {
        throw explain(file_, error);
    }
}

void SqliteAdmin::backup(const std::string& file) {
    if (!exists()) throw fault(fmt::format("{} does not exist: there is nothing to save", file_));
    try {
        Connection connection{file_, {Connection::Mode::read}};
        copy_whole(connection, file);
    } catch (const SqliteError& error) {
        throw explain(file_, error);
    }
}

void SqliteAdmin::restore(const std::string& file) {
    const int version = validate(file);
    if (version > newest_version()) {
        throw fault(fmt::format("{} has schema {}, this viaduct knows {}: install the newer viaduct first", file,
                                version, newest_version()));
    }
    Connection saved{file, {Connection::Mode::read}};
    if (exists()) {
        try {
            // One transaction on the living file: whoever has it open sees the old rows or the new ones.
            Connection present{file_, {Connection::Mode::write}};
            saved.backup_to(present);
            return;
        } catch (const SqliteError& error) {
            if (error.code() != DatabaseErrc::unavailable) throw explain(file_, error);
        }
        // What is there is no database any more: it steps aside, for whoever wants to look into it.
        std::error_code ignored;
        for (const char* suffix : {"-wal", "-shm", "-journal"}) fs::remove(file_ + suffix, ignored);
        fs::rename(file_, file_ + ".damaged");
    }
    copy_whole(saved, file_);
}

void SqliteAdmin::drop() {
    if (!exists()) throw fault(fmt::format("{} does not exist", file_));
    std::error_code failed;
    fs::remove(file_, failed);
    if (failed) throw fault(fmt::format("{} cannot be removed: {}", file_, failed.message()));
    remove_with_log(file_);
}

std::string SqliteAdmin::check() {
    if (!exists()) {
        const fs::path folder = fs::absolute(file_).parent_path();
        if (!fs::is_directory(folder)) throw explain(file_, SqliteError{DatabaseErrc::unavailable, "missing"});
        throw fault(fmt::format("the database {} does not exist: make it with `viactl db create`", file_));
    }
    const int has = version(), newest = newest_version();
    if (has > newest) {
        return fmt::format(
            "{} has schema {}, newer than the {} known here: left as it is, and used as if it were compatible", file_,
            has, newest);
    }
    const auto missing = migrations_after(schema_folder_, has);
    if (missing.empty()) return {};
    throw fault(fmt::format("{} lacks the schema change {}: apply it with `viactl db upgrade`", file_,
                            missing.front().file.filename().string()));
}

}  // namespace viaduct::db_sqlite
