// sqlite_database: the interface Database on one SQLite file.
//
// Writes go to the GroupWriter; the outcome comes back by Workers::post, one post per worker and batch. Reads run at
// once on a connection of the calling worker with prepared statements: a lookup by key takes microseconds, less than a
// hand-over to a thread and back, and under WAL no writer makes a reader wait. Their completion is posted all the same,
// so nobody is called back inside his own call. A read that would hold the worker up ends at `read_limit` with
// DatabaseErrc::timeout.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <viaduct/database.hpp>
#include <viaduct/logger.hpp>
#include <viaduct/workers.hpp>

#include "connection.hpp"
#include "group_writer.hpp"

namespace viaduct::db_sqlite {

struct DatabaseSettings {
    std::string file;
    WriterLimits writer;
    std::chrono::milliseconds read_limit{250};
};

class SqliteDatabase final : public Database {
public:
    // The file must exist and hold a database; throws SqliteError.
    SqliteDatabase(DatabaseSettings settings, Workers& workers, const Logger& log);
    ~SqliteDatabase() override;

    void select(Select query, Completion<Result<DatabaseRows>> done) override;
    void write(std::vector<Change> changes, Completion<Result<std::uint64_t>> done) override;
    DatabaseRows select_now(const Select& query) override;
    std::uint64_t write_now(const std::vector<Change>& changes) override;
    void scan_now(const Select& query, UniqueFunction<void(DatabaseRow&)> row) override;

    GroupWriter::Counts counts() const { return writer_.counts(); }
    // Calls `done` when all that was asked for until now is on disk.
    void drain(Completion<> done);

private:
    using Reader = std::optional<Connection>;
    Result<DatabaseRows> read(const Select& query);
    void deliver(GroupWriter::Batch batch);
    // One line a minute of each kind, whoever asks: a full disk fails every batch, a lost file every read.
    void complain(std::atomic<std::int64_t>& last, const char* what, const SqliteError& error);

    const DatabaseSettings settings_;
    Workers& workers_;
    const Logger& log_;
    PerWorker<Reader> readers_;  // opened at first use
    std::mutex now_mutex_;
    std::optional<Connection> now_;                                     // guarded; for the blocking calls
    std::atomic<std::int64_t> write_complaint_{0}, read_complaint_{0};  // when the last was, in minutes
    GroupWriter writer_;                                                // last: its thread calls deliver()
};

}  // namespace viaduct::db_sqlite
