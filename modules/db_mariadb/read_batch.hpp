// read_batch: look-ups that differ in the values of their key only, asked together as one query.
//
// No I/O: take() chooses, sql() says what to send, answer() gives every asker the rows that are his. Lives on its
// worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <vector>

#include <viaduct/time.hpp>
#include <viaduct/workers.hpp>

#include "queue_counters.hpp"
#include "reply.hpp"
#include "time_text.hpp"

namespace viaduct::db_mariadb {

struct Read {
    Select query;
    Completion<Result<DatabaseRows>> done;
    TimePoint until;     // after that nobody waits for it
    bool alone = false;  // it was in a batch that failed: whose fault it was shows when each is asked by itself
    OutstandingWork outstanding;
    QueueCounters* counters = nullptr;

    void tell(Result<DatabaseRows> rows) {
        if (counters != nullptr) counters->told(QueueCounters::read, rows.has_error() ? rows.error() : error_code{});
        done(std::move(rows));
    }
};

class ReadBatch {
public:
    // The first of those that wait, and what may go with it, `most` in all. REQUIRES: there is one.
    static ReadBatch take(std::deque<Read>& waiting, std::size_t most, TimeZone zone);

    const std::string& sql() const { return sql_; }
    std::size_t size() const { return reads_.size(); }
    TimePoint until() const { return reads_.front().until; }
    // Everybody is told; afterwards the batch is empty.
    void answer(const Reply& reply);
    void fail(DatabaseErrc code);
    // Back to the front of those that wait, in their old order.
    void put_back(std::deque<Read>& waiting, bool alone);

private:
    void write_sql(TimeZone zone);

    std::vector<Read> reads_;
    bool by_key_ = false;  // the reply's rows end with their key
    std::string sql_;
};

}  // namespace viaduct::db_mariadb
