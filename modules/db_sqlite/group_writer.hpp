// group_writer: the one thread that changes the database, many groups of changes per commit.
//
// A commit of SQLite waits for the disk (3 ms, at worst 20), whether it carries one row or a hundred. So the thread
// takes what has queued up meanwhile, at most a batch, runs each group in a savepoint of its own inside one
// transaction, and commits once. A group that breaks a constraint fails alone. Nobody is told of success before COMMIT
// returned with synchronous = FULL: what was acknowledged survives kill -9 and a power cut.
//
// submit() on any thread. `deliver` is called on the writer's thread, once per batch. Destroying it finishes what is
// queued.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <viaduct/database.hpp>
#include <viaduct/workers.hpp>

#include "connection.hpp"

namespace viaduct::db_sqlite {

struct WriterLimits {
    std::size_t queue = 20000;                 // groups waiting; more are refused
    std::size_t batch = 500;                   // groups per commit
    std::chrono::milliseconds deadline{5000};  // a group that waited longer is not begun any more
};

class GroupWriter {
public:
    struct Group {
        std::vector<Change> changes;
        unsigned worker = 0;  // whom to tell
        Completion<Result<std::uint64_t>> done;
        OutstandingWork outstanding;
        Result<std::uint64_t> outcome{0};
        std::chrono::steady_clock::time_point since{};
    };
    using Batch = std::vector<Group>;
    struct Counts {
        std::uint64_t commits = 0, groups = 0, failed_groups = 0, refused = 0, waiting = 0;
    };

    GroupWriter(const std::string& file, const WriterLimits& limits, UniqueFunction<void(Batch)> deliver,
                UniqueFunction<void(const SqliteError&)> batch_failed);
    ~GroupWriter();

    // False, and `group` untouched, when the queue is full.
    bool submit(Group& group);
    Counts counts() const;

private:
    void run();
    Batch take();
    void write(Batch& batch);
    void write_transaction(Batch& batch);
    void write_group(Group& group);
    void fail(Batch& batch, const SqliteError& error);

    const WriterLimits limits_;
    UniqueFunction<void(Batch)> deliver_;
    UniqueFunction<void(const SqliteError&)> batch_failed_;
    Connection connection_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Group> queue_;  // guarded, as all below
    Counts counts_;
    bool stopping_ = false;
    std::thread thread_;  // last: runs as long as the rest lives
};

}  // namespace viaduct::db_sqlite
