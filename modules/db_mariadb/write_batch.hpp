// write_batch: groups of changes made durable together, in few statements and one commit.
//
// No I/O: next() says what to send, completed() or failed() what came of it, until done(). Upserts and deletes of one
// shape become one statement of many rows, unless a change of the same row stands between them: the order of what
// concerns a row is kept. When a statement fails, everything is rolled back and each group tried by itself, so that
// only the guilty one fails. A transaction that met another is tried again. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <viaduct/time.hpp>
#include <viaduct/workers.hpp>

#include "queue_counters.hpp"
#include "reply.hpp"
#include "statement_plan.hpp"
#include "time_text.hpp"

namespace viaduct::db_mariadb {

struct WriteGroup {
    std::vector<Change> changes;
    Completion<Result<std::uint64_t>> done;
    TimePoint until;
    OutstandingWork outstanding;
    QueueCounters* counters = nullptr;

    void tell(const Result<std::uint64_t>& rows) {
        if (counters != nullptr) counters->told(QueueCounters::write, rows.has_error() ? rows.error() : error_code{});
        done(rows);
    }
};

class WriteBatch {
public:
    // REQUIRES: at least one group.
    WriteBatch(std::vector<WriteGroup> groups, TimeZone zone);

    // The statement to send now; nullptr when every group has its outcome.
    const std::string* next() const { return step_ < steps_.size() ? &steps_[step_].sql : nullptr; }
    void completed(const Reply& reply);
    void failed(const Problem& problem);
    // The connection went. What may be repeated without harm (upserts, deletes) starts over with the next(); the rest
    // fails: nobody knows whether it was committed.
    void lost(const Problem& problem);
    // No more time: all that has no outcome yet gets this one.
    void give_up(DatabaseErrc code);

    std::size_t size() const { return groups_.size(); }
    TimePoint until() const { return groups_.front().until; }
    std::uint64_t commits() const { return commits_; }
    // Tells everybody. REQUIRES: next() is nullptr.
    void tell();

private:
    enum class Kind : unsigned char { begin, statement, commit, rollback };
    struct Step {
        Kind kind;
        std::string sql;
        std::size_t statement = 0;  // in statements_
    };
    void plan();
    void plan_groups(const std::vector<std::size_t>& groups);
    void roll_back_then_plan();
    void settle(std::size_t group, error_code error);

    static constexpr unsigned kTries = 4;

    std::vector<WriteGroup> groups_;
    std::vector<std::optional<Result<std::uint64_t>>> outcomes_;
    std::vector<std::uint64_t> rows_;    // touched by the transaction under way
    std::vector<std::size_t> current_;   // the groups of the transaction under way
    std::vector<Statement> statements_;  // of it
    std::vector<Step> steps_;
    std::size_t step_ = 0;
    bool one_by_one_ = false;
    unsigned tries_ = 0;  // of the transaction under way
    std::uint64_t commits_ = 0;
    TimeZone zone_;
};

}  // namespace viaduct::db_mariadb
