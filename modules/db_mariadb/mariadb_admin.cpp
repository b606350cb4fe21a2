// mariadb_admin: see mariadb_admin.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "mariadb_admin.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <viaduct/digest.hpp>

#include "client_tool.hpp"
#include "mariadb_database.hpp"
#include "sql_text.hpp"

namespace viaduct::db_mariadb {

namespace fs = std::filesystem;

namespace {

constexpr unsigned kAccessDenied = 1045, kDatabaseDenied = 1044, kUnknownDatabase = 1049, kNoSuchTable = 1146;
constexpr unsigned kHostNotAllowed = 1130, kNoTls = 2026;
constexpr std::size_t kPasswordBytes = 24;
constexpr const char* kMigrationsTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations (number INT PRIMARY KEY NOT NULL, file VARCHAR(255) NOT NULL, "
    "applied "
    "BIGINT NOT NULL) ENGINE = InnoDB";

std::runtime_error fault(const std::string& words) { return std::runtime_error{words}; }

// It may be there later, as it is. A name that does not resolve is counted in: resolvers start late, too.
bool is_absent(const Problem& problem) {
    return problem.code == DatabaseErrc::unavailable && problem.number != 0 && problem.number != kHostNotAllowed &&
           problem.number != kNoTls;
}

std::string value(const std::string& text) {
    std::string sql;
    append_value(sql, text, TimeZone::utc);
    return sql;
}

// A database's name may be what a table's may not: it stands in backquotes, doubled inside.
std::string database_name(const std::string& name) {
    std::string quoted = "`";
    for (const char c : name) quoted += c == '`' ? "``" : std::string(1, c);
    return quoted + '`';
}

// In GRANT a database is a pattern: _ and % are escaped.
std::string granted_name(const std::string& name) {
    std::string pattern;
    for (const char c : name) {
        if (c == '_' || c == '%') pattern += '\\';
        pattern += c;
    }
    return database_name(pattern);
}

std::int64_t number(Client& client, const std::string& sql) {
    const Reply reply = client.run(sql);
    const auto* found = reply.rows.empty() ? nullptr : std::get_if<std::int64_t>(&reply.rows[0][0]);
    return found == nullptr ? 0 : *found;
}

std::vector<std::string> tables_of(Client& client, const std::string& database) {
    const Reply reply = client.run(
        "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema = " +
        value(database));
    std::vector<std::string> tables;
    for (const DatabaseRow& row : reply.rows) tables.push_back(std::get<std::string>(row.at(0)));
    return tables;
}

// 0 when nothing of ours was ever applied.
int version_of(Client& client, const std::string& database) {
    try {
        return static_cast<int>(
            number(client, fmt::format("SELECT max(number) FROM {}.schema_migrations", database_name(database))));
    } catch (const MariadbError& error) {
        if (error.problem().number == kNoSuchTable || error.problem().number == kUnknownDatabase) return 0;
        throw;
    }
}

// Readable by its owner alone, who is the owner of the folder: root makes it, the server's user must read it.
void write_secret(const std::string& file, const std::string& secret) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0)
        throw fault(fmt::format("{} cannot be written: {}", file, std::generic_category().message(errno)));
    struct stat folder {};
    if (::stat(fs::absolute(file).parent_path().c_str(), &folder) == 0 &&
        ::fchown(descriptor, folder.st_uid, folder.st_gid) != 0) {
        // Not root: then it is ours, and so is the server.
    }
    const std::string line = secret + '\n';
    const bool written =
        ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(descriptor) == 0;
    ::close(descriptor);
    if (!written) throw fault(fmt::format("{} cannot be written", file));
}

std::string first_line(const std::string& file) {
    std::ifstream stream{file};
    std::string line;
    std::getline(stream, line);
    return line;
}

// Two that create or upgrade at the same time would meet halfway.
class UpgradeLock {
public:
    UpgradeLock(Client& client, const std::string& database) : client_{client}, name_{value("viaduct." + database)} {
        if (number(client_, fmt::format("SELECT GET_LOCK({}, 60)", name_)) != 1)
            throw fault("somebody else is changing the schema; try again when that is done");
    }
    ~UpgradeLock() {
        try {
            client_.run(fmt::format("DO RELEASE_LOCK({})", name_));
        } catch (const MariadbError&) {
            // It goes with the connection.
        }
    }
    UpgradeLock(const UpgradeLock&) = delete;
    UpgradeLock& operator=(const UpgradeLock&) = delete;

private:
    Client& client_;
    std::string name_;
};

}  // namespace

MariadbAdmin::MariadbAdmin(AdminSettings settings) : settings_{std::move(settings)} {}

std::string MariadbAdmin::location() const {
    return fmt::format("mariadb {} on {}", database(), settings_.hosts.front().text());
}

Client MariadbAdmin::as_user() const { return connect_to_any(settings_.hosts, settings_.user); }

Client MariadbAdmin::as_admin(const std::string& database) const {
    ClientOptions options = settings_.admin;
    options.database = database;
    try {
        return Client::connect(settings_.admin_host, options);
    } catch (const MariadbError& error) {
        throw fault(fmt::format("as {} on {}: {}; see the keys admin_user, admin_host and admin_password_file",
                                options.user, settings_.admin_host.text(), error.what()));
    }
}

Client MariadbAdmin::as_any() const {
    try {
        return as_user();
    } catch (const MariadbError& error) {
        const unsigned number = error.problem().number;
        if (number != kAccessDenied && number != kDatabaseDenied && number != kUnknownDatabase) throw;
        return as_admin();
    }
}

bool MariadbAdmin::exists() {
    Client client = as_any();
    return !tables_of(client, database()).empty();
}

int MariadbAdmin::version() {
    Client client = as_any();
    return version_of(client, database());
}

int MariadbAdmin::newest_version() { return read_migrations(settings_.schema_folder).back().number; }

std::vector<std::string> MariadbAdmin::apply(Client& client, const std::vector<Migration>& migrations) const {
    std::vector<std::string> applied;
    client.run(kMigrationsTable);
    for (const Migration& migration : migrations) {
        const std::string name = migration.file.filename().string();
        try {
            client.run_script(migration_text(migration));
            client.run(fmt::format("INSERT INTO schema_migrations (number, file, applied) VALUES ({}, {}, {})",
                                   migration.number, value(name), std::time(nullptr)));
        } catch (const std::exception& error) {
            throw fault(
                fmt::format("{} failed: {}; once that is mended, `viactl db upgrade` starts with this file "
                            "again",
                            migration.file.string(), error.what()));
        }
        applied.push_back(name);
    }
    return applied;
}

std::string MariadbAdmin::password_for(const std::string& given, const std::string& file) {
    if (!given.empty()) return given;
    if (file.empty()) throw fault("the key password_file must say where the password of the new user is to be kept");
    std::error_code failed;
    if (fs::exists(file, failed)) return first_line(file);
    const std::string made = random_hex(kPasswordBytes);
    write_secret(file, made);
    return made;
}

void MariadbAdmin::create_user(Client& client, const std::string& user, const std::string& password,
                               const std::string& rights) {
    const std::string name = value(user) + "@" + value(settings_.user_hosts);
    client.run(fmt::format("CREATE USER IF NOT EXISTS {} IDENTIFIED BY {}", name, value(password)));
    client.run(fmt::format("ALTER USER {} IDENTIFIED BY {}", name, value(password)));  // it may have had another
    client.run(fmt::format("GRANT {} ON {}.* TO {}", rights, granted_name(database()), name));
}

void MariadbAdmin::create() {
    Client client = as_admin();
    if (!tables_of(client, database()).empty()) {
        throw fault(
            fmt::format("the database {} exists already: `viactl db upgrade` brings it up to date", database()));
    }
    const auto migrations = read_migrations(settings_.schema_folder);
    client.run(fmt::format("CREATE DATABASE IF NOT EXISTS {} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
                           database_name(database())));
    const std::string password = password_for(settings_.user.password, settings_.password_file);
    settings_.user.password = password;
    create_user(client, settings_.user.user, password, "SELECT, INSERT, UPDATE, DELETE");
    notes_ = fmt::format("User {} may change rows; the password is in {}.", settings_.user.user,
                         settings_.password_file.empty() ? "the configuration" : settings_.password_file);
    if (!settings_.read_only_user.empty() && !settings_.password_file.empty()) {
        const std::string file = settings_.password_file + ".read_only";
        create_user(client, settings_.read_only_user, password_for({}, file), "SELECT");
        notes_ += fmt::format(" User {} may read; the password is in {}.", settings_.read_only_user, file);
    }
    client.run("USE " + database_name(database()));
    const UpgradeLock lock{client, database()};
    apply(client, migrations);
}

std::vector<std::string> MariadbAdmin::upgrade() {
    Client client = as_admin();
    if (tables_of(client, database()).empty())
        throw fault(fmt::format("the database {} does not exist: `viactl db create` makes it", database()));
    client.run("USE " + database_name(database()));
    const UpgradeLock lock{client, database()};
    return apply(client, migrations_after(settings_.schema_folder, version_of(client, database())));
}

void MariadbAdmin::backup(const std::string& file) {
    if (!exists()) throw fault(fmt::format("the database {} does not exist: there is nothing to save", database()));
    const std::string unfinished = file + ".new";
    std::string words;
    for (const Host& host : settings_.hosts) {
        try {
            dump_database(host, settings_.user, database(), unfinished);
            if (!is_whole_dump(unfinished)) throw fault(fmt::format("{} was not written to its end", unfinished));
            fs::rename(unfinished, file);
            return;
        } catch (const std::runtime_error& error) {
            words += fmt::format("{}{}", words.empty() ? "" : "; ", error.what());
        }
    }
    std::error_code ignored;
    fs::remove(unfinished, ignored);
    throw fault(words);
}

void MariadbAdmin::restore(const std::string& file) {
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) throw fault(fmt::format("{} does not exist", file));
    if (!is_whole_dump(file))
        throw fault(fmt::format("{} is no whole backup: it does not end as mariadb-dump ends", file));
    Client client = as_admin();
    const std::string loaded = database() + "_being_restored";
    client.run(fmt::format("DROP DATABASE IF EXISTS {}", database_name(loaded)));
    client.run(fmt::format("CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", database_name(loaded)));
    try {
        load_dump(settings_.admin_host, settings_.admin, loaded, file);
        const int has = version_of(client, loaded), newest = newest_version();
        if (has == 0)
            throw fault(fmt::format("{} is a backup, but not one of viaduct's: it has no schema_migrations", file));
        if (has > newest) {
            throw fault(fmt::format("{} has schema {}, this viaduct knows {}: install the newer viaduct first", file,
                                    has, newest));
        }
        replace_tables_by(client, loaded);
    } catch (const std::exception&) {
        client.run(fmt::format("DROP DATABASE IF EXISTS {}", database_name(loaded)));
        throw;
    }
    client.run(fmt::format("DROP DATABASE {}", database_name(loaded)));
}

// One RENAME TABLE moves all tables, or none: whoever has the database open sees the old ones or the new.
void MariadbAdmin::replace_tables_by(Client& client, const std::string& other) const {
    const std::string gone = database() + "_before_restore";
    client.run(fmt::format("DROP DATABASE IF EXISTS {}", database_name(gone)));
    client.run(fmt::format("CREATE DATABASE {}", database_name(gone)));
    client.run(fmt::format("CREATE DATABASE IF NOT EXISTS {} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
                           database_name(database())));
    std::string renames;
    const auto move = [&](const std::string& from, const std::string& to) {
        for (const std::string& table : tables_of(client, from)) {
            renames += fmt::format("{}{}.{} TO {}.{}", renames.empty() ? "" : ", ", database_name(from),
                                   database_name(table), database_name(to), database_name(table));
        }
    };
    move(database(), gone);
    move(other, database());
    client.run("RENAME TABLE " + renames);
    client.run(fmt::format("DROP DATABASE {}", database_name(gone)));
}

void MariadbAdmin::drop() {
    Client client = as_admin();
    client.run("DROP DATABASE " + database_name(database()));
    for (const std::string& user : {settings_.user.user, settings_.read_only_user}) {
        if (!user.empty() && user != settings_.admin.user)
            client.run(fmt::format("DROP USER IF EXISTS {}@{}", value(user), value(settings_.user_hosts)));
    }
}

std::string MariadbAdmin::check() {
    std::optional<Client> client;
    try {
        client.emplace(as_user());
    } catch (const MariadbError& error) {
        const unsigned number = error.problem().number;
        if (number == kAccessDenied || number == kDatabaseDenied || number == kUnknownDatabase) {
            throw fault(fmt::format(
                "{}: make the database with `viactl db create`, or look at the keys user, password_file and database",
                error.what()));
        }
        if (is_absent(error.problem())) throw DatabaseAbsent{error.what()};
        throw fault(error.what());
    }
    const int has = version_of(*client, database()), newest = newest_version();
    if (has > newest) {
        return fmt::format(
            "{} has schema {}, newer than the {} known here: left as it is, and used as if it were compatible",
            location(), has, newest);
    }
    const auto missing = migrations_after(settings_.schema_folder, has);
    if (missing.empty()) return {};
    throw fault(fmt::format("{} lacks the schema change {}: apply it with `viactl db upgrade`", location(),
                            missing.front().file.filename().string()));
}

}  // namespace viaduct::db_mariadb
