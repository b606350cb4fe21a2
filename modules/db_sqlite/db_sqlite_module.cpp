// db_sqlite: the embedded database: nothing to install, one file, group commits.
//
//   offers   "database", "database_admin" (viaduct/database.hpp)
//   config   [module.db_sqlite]  see README.md
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/module.hpp>

#include <filesystem>
#include <memory>

#include <viaduct/client_api.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/service_api.hpp>
#include <viaduct/workers.hpp>

#include "sqlite_admin.hpp"
#include "sqlite_database.hpp"

namespace viaduct::db_sqlite {

namespace {

DatabaseSettings read_settings(const ConfigSection& config) {
    DatabaseSettings settings;
    settings.file = config.path("file", "viaduct.db", "The database file; beside it SQLite keeps -wal and -shm.");
    settings.writer.queue = static_cast<std::size_t>(config.integer(
        "queue_limit", 20000, 1, 10'000'000, "Groups of changes that may wait for the disk; more are refused."));
    settings.writer.batch = static_cast<std::size_t>(
        config.integer("batch_limit", 500, 1, 100'000, "Groups of changes in one commit at most."));
    const auto milliseconds = [&](const char* key, Duration fallback, const char* help) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(config.duration(key, fallback, help));
    };
    settings.writer.deadline =
        milliseconds("write_deadline", 5s, "How long a change may wait, for the disk or for another program's lock.");
    settings.read_limit =
        milliseconds("read_limit", 250ms, "A read that takes longer is given up, so that calls go on.");
    return settings;
}

std::string schema_folder(const ConfigSection& config) {
    std::string folder = config.path(
        "schema", "", "Folder of the schema files; empty: the installed ones, or those of the source tree.");
    std::error_code failed;
    if (folder.empty())
        folder = std::filesystem::is_directory(VIADUCT_SCHEMA_FOLDER, failed) ? VIADUCT_SCHEMA_FOLDER
                                                                              : VIADUCT_INSTALLED_SCHEMA_FOLDER;
    return folder;
}

}  // namespace

class DbSqliteModule final : public Module {
public:
    explicit DbSqliteModule(ModuleContext& context)
        : settings_{read_settings(context.config)}, admin_{settings_.file, schema_folder(context.config)} {
        const bool create = context.config.boolean(
            "create", false, "At start, make the database when it is missing and apply schema changes.");
        prepare(context, create);
        if (database_) offer(context);
        offers_.push_back(context.services.offer<DatabaseAdmin>(admin_));
    }

    void drain(Completion<> done) override {
        if (database_) return database_->drain(std::move(done));
        done();
    }

private:
    void prepare(ModuleContext& context, bool create) {
        // A tool (`viactl db`) has no server, so nothing to send requests with. It may be here to make what is missing,
        // and to look at a database must not make one.
        const bool in_server = context.services.find<ClientApi>() != nullptr;
        try {
            if (create && in_server) admin_.exists() ? static_cast<void>(admin_.upgrade()) : admin_.create();
            const std::string warning = admin_.check();
            if (!warning.empty()) context.log.warning("{}", warning);
            database_ = std::make_unique<SqliteDatabase>(settings_, context.workers, context.log);
        } catch (const std::exception& error) {
            if (in_server) throw ConfigError{error.what()};
            context.log.info("{}", error.what());
        }
    }

    void offer(ModuleContext& context) {
        offers_.push_back(context.services.offer<Database>(*database_));
        const auto gauge = [&](const char* name, const char* help, std::uint64_t GroupWriter::Counts::*count) {
            offers_.push_back(context.metrics.gauge(
                name, help, [this, count] { return static_cast<double>(database_->counts().*count); }));
        };
        gauge("viaduct_db_sqlite_commits", "Commits since start", &GroupWriter::Counts::commits);
        gauge("viaduct_db_sqlite_groups", "Groups of changes handled since start", &GroupWriter::Counts::groups);
        gauge("viaduct_db_sqlite_failed_groups", "Groups of changes that failed since start",
              &GroupWriter::Counts::failed_groups);
        gauge("viaduct_db_sqlite_refused", "Groups of changes refused because the queue was full",
              &GroupWriter::Counts::refused);
        gauge("viaduct_db_sqlite_waiting", "Groups of changes waiting for the disk", &GroupWriter::Counts::waiting);
    }

    DatabaseSettings settings_;
    SqliteAdmin admin_;
    std::unique_ptr<SqliteDatabase> database_;  // null only in a tool, while the database is not fit for use
    std::vector<Registration> offers_;          // goes first
};

}  // namespace viaduct::db_sqlite

VIADUCT_MODULE(viaduct::db_sqlite::DbSqliteModule, "db_sqlite", "the embedded database", "", "database database_admin");
