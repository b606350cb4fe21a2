// sqlite_database: see sqlite_database.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "sqlite_database.hpp"

#include <utility>

#include "sql_text.hpp"

namespace viaduct::db_sqlite {

SqliteDatabase::SqliteDatabase(DatabaseSettings settings, Workers& workers, const Logger& log)
    : settings_{std::move(settings)},
      workers_{workers},
      log_{log},
      readers_{workers},
      writer_{settings_.file, settings_.writer, [this](GroupWriter::Batch batch) { deliver(std::move(batch)); },
              [this](const SqliteError& error) { complain(write_complaint_, "write to", error); }} {}

SqliteDatabase::~SqliteDatabase() = default;

Result<DatabaseRows> SqliteDatabase::read(const Select& query) {
    try {
        Reader& reader = readers_.here();
        if (!reader) reader.emplace(settings_.file, Connection::Options{Connection::Mode::read, settings_.read_limit});
        reader->limit_next_read(settings_.read_limit);
        return run_select(*reader, query);
    } catch (const SqliteError& error) {
        complain(read_complaint_, "read", error);
        return make_error_code(error.code());
    }
}

void SqliteDatabase::select(Select query, Completion<Result<DatabaseRows>> done) {
    workers_.post(workers_.current(),
                  [rows = read(query), done = std::move(done)]() mutable { done(std::move(rows)); });
}

void SqliteDatabase::write(std::vector<Change> changes, Completion<Result<std::uint64_t>> done) {
    GroupWriter::Group group;
    group.changes = std::move(changes);
    group.worker = workers_.current();
    group.done = std::move(done);
    group.outstanding = workers_.outstanding_work();
    if (writer_.submit(group)) return;
    workers_.post(group.worker,
                  [refused = std::move(group.done)]() mutable { refused(make_error_code(DatabaseErrc::overloaded)); });
}

void SqliteDatabase::deliver(GroupWriter::Batch batch) {
    std::vector<GroupWriter::Batch> per_worker(workers_.count());
    for (GroupWriter::Group& group : batch) per_worker[group.worker].push_back(std::move(group));
    for (unsigned worker = 0; worker < per_worker.size(); ++worker) {
        if (per_worker[worker].empty()) continue;
        // The groups carry their outstanding-work handles; they go when the completions have run.
        workers_.post(worker, [mine = std::move(per_worker[worker])]() mutable {
            for (GroupWriter::Group& group : mine) group.done(group.outcome);
        });
    }
}

void SqliteDatabase::complain(std::atomic<std::int64_t>& last, const char* what, const SqliteError& error) {
    // From 1 on, so that the first is said.
    const auto uptime = std::chrono::steady_clock::now().time_since_epoch();
    const std::int64_t minute = 1 + std::chrono::duration_cast<std::chrono::minutes>(uptime).count();
    if (last.exchange(minute) == minute) return;
    log_.error("cannot {} {}: {} ({})", what, settings_.file, make_error_code(error.code()).message(), error.what());
}

DatabaseRows SqliteDatabase::select_now(const Select& query) {
    DatabaseRows rows;
    scan_now(query, [&rows](DatabaseRow& row) { rows.push_back(std::move(row)); });
    return rows;
}

void SqliteDatabase::scan_now(const Select& query, UniqueFunction<void(DatabaseRow&)> row) {
    // A connection of its own: the scan may take long, and `row` may call back into this class.
    Connection connection{settings_.file, {Connection::Mode::read, settings_.writer.deadline}};
    run_select(connection, query, row);
}

std::uint64_t SqliteDatabase::write_now(const std::vector<Change>& changes) {
    const std::lock_guard lock{now_mutex_};
    if (!now_) now_.emplace(settings_.file, Connection::Options{Connection::Mode::write, settings_.writer.deadline});
    now_->execute("BEGIN IMMEDIATE");
    try {
        std::uint64_t rows = 0;
        for (const Change& change : changes) rows += run_change(*now_, change);
        now_->execute("COMMIT");
        return rows;
    } catch (const SqliteError&) {
        if (now_->in_transaction()) now_->execute("ROLLBACK");
        throw;
    }
}

void SqliteDatabase::drain(Completion<> done) {
    write({}, [done = std::move(done)](const Result<std::uint64_t>&) mutable { done(); });
}

}  // namespace viaduct::db_sqlite
