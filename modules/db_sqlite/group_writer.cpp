// group_writer: see group_writer.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "group_writer.hpp"

#include <algorithm>

#include "sql_text.hpp"

namespace viaduct::db_sqlite {

namespace {

constexpr unsigned kCheckpointPages = 1000;  // of 4 kB in the write-ahead log, SQLite's own default

}  // namespace

GroupWriter::GroupWriter(const std::string& file, const WriterLimits& limits, UniqueFunction<void(Batch)> deliver,
                         UniqueFunction<void(const SqliteError&)> batch_failed)
    : limits_{limits},
      deliver_{std::move(deliver)},
      batch_failed_{std::move(batch_failed)},
      connection_{file, {Connection::Mode::write, limits.deadline}},
      thread_{[this] { run(); }} {}

GroupWriter::~GroupWriter() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

bool GroupWriter::submit(Group& group) {
    group.since = std::chrono::steady_clock::now();
    bool was_empty = false;
    {
        const std::lock_guard lock{mutex_};
        if (queue_.size() >= limits_.queue) {
            ++counts_.refused;
            return false;
        }
        was_empty = queue_.empty();
        queue_.push_back(std::move(group));
    }
    if (was_empty) wake_.notify_one();
    return true;
}

GroupWriter::Counts GroupWriter::counts() const {
    const std::lock_guard lock{mutex_};
    Counts counts = counts_;
    counts.waiting = queue_.size();
    return counts;
}

GroupWriter::Batch GroupWriter::take() {
    std::unique_lock lock{mutex_};
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    Batch batch;
    const auto many = static_cast<std::ptrdiff_t>(std::min(queue_.size(), limits_.batch));
    std::move(queue_.begin(), queue_.begin() + many, std::back_inserter(batch));
    queue_.erase(queue_.begin(), queue_.begin() + many);
    return batch;
}

void GroupWriter::run() {
    for (;;) {
        Batch batch = take();
        if (batch.empty()) return;  // stopping, and all is written
        write(batch);
        {
            const std::lock_guard lock{mutex_};
            counts_.groups += batch.size();
            counts_.failed_groups += static_cast<std::uint64_t>(std::count_if(
                batch.begin(), batch.end(), [](const Group& group) { return group.outcome.has_error(); }));
        }
        deliver_(std::move(batch));
        if (connection_.wal_pages() >= kCheckpointPages) connection_.checkpoint();
    }
}

void GroupWriter::write(Batch& batch) {
    const auto too_old = std::chrono::steady_clock::now() - limits_.deadline;
    for (Group& group : batch) {
        if (group.since < too_old) group.outcome = make_error_code(DatabaseErrc::timeout);
    }
    try {
        write_transaction(batch);
        const std::lock_guard lock{mutex_};
        ++counts_.commits;
    } catch (const SqliteError& error) {
        fail(batch, error);
    }
}

void GroupWriter::write_transaction(Batch& batch) {
    connection_.prepare("BEGIN IMMEDIATE").step();
    for (Group& group : batch) {
        if (group.outcome.has_value()) write_group(group);
    }
    connection_.prepare("COMMIT").step();
}

// Throws when the whole transaction is lost; a fault of this group alone becomes its outcome.
void GroupWriter::write_group(Group& group) {
    connection_.prepare("SAVEPOINT one_group").step();
    try {
        std::uint64_t rows = 0;
        for (const Change& change : group.changes) rows += run_change(connection_, change);
        group.outcome = rows;
    } catch (const SqliteError& error) {
        // A full disk, an I/O error: SQLite has rolled back everything already (sqlite.org/lang_transaction.html,
        // section 3).
        if (!connection_.in_transaction() || error.code() == DatabaseErrc::disk_full) throw;
        group.outcome = make_error_code(error.code());
        connection_.prepare("ROLLBACK TO one_group").step();
    }
    connection_.prepare("RELEASE one_group").step();
}

void GroupWriter::fail(Batch& batch, const SqliteError& error) {
    if (connection_.in_transaction()) {
        try {
            connection_.prepare("ROLLBACK").step();
        } catch (const SqliteError&) {
            // It was rolled back by SQLite itself; in_transaction() says so before the next BEGIN.
        }
    }
    for (Group& group : batch) {
        if (group.outcome.has_value()) group.outcome = make_error_code(error.code());
    }
    batch_failed_(error);
}

}  // namespace viaduct::db_sqlite
