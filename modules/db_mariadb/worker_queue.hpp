// worker_queue: what one worker asks of the database, and its connections.
//
// What is asked for within a turn of the loop waits for the turn's end and goes out together: reads of one shape as one
// query (ReadBatch), writes as one transaction (WriteBatch). One write batch is under way at a time, so that a worker's
// writes keep their order; reads use the other connections. Queues are bounded; who waits longer than his deadline is
// told. While no host can be reached everything is refused at once. Lives on its worker; select() and write() return
// before anybody is told.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include <viaduct/database.hpp>
#include <viaduct/workers.hpp>

#include "connector.hpp"
#include "link.hpp"
#include "queue_counters.hpp"
#include "read_batch.hpp"
#include "write_batch.hpp"

namespace viaduct::db_mariadb {

struct QueueLimits {
    std::size_t connections = 2;  // of one worker
    std::size_t queue = 20000;    // operations that may wait, of each kind
    std::size_t batch = 500;      // operations in one statement or transaction
    Duration read_deadline = 2s;
    Duration write_deadline = 5s;
};

class WorkerQueue {
public:
    WorkerQueue(const QueueLimits& limits, TimeZone zone, Workers& workers, Connector& connector,
                QueueCounters& counters);
    ~WorkerQueue();

    // On the worker's own thread, before anything else: opens the connections.
    void start();
    void select(Select query, Completion<Result<DatabaseRows>> done);
    void write(std::vector<Change> changes, Completion<Result<std::uint64_t>> done);
    // Calls `done` when nothing waits for this worker's writes any more.
    void when_written(Completion<> done);

private:
    struct Slot {
        std::unique_ptr<Link> link;
        std::size_t host = 0;
        std::optional<Orphan> orphan;
        std::optional<ReadBatch> reading;
        bool writing = false;
        Registration retry;
    };

    void connect(std::size_t slot);
    void connected(std::size_t slot, Connection connection);
    // The slot's connection is of no use any more; another one is made.
    void drop(std::size_t slot, bool orphaned);
    bool is_connected() const;

    void schedule();
    void dispatch();
    void expire();
    void watch_deadlines();
    void fail_all(DatabaseErrc code);
    std::optional<std::size_t> idle_slot(bool for_read) const;

    void begin_read(std::size_t slot);
    void read_finished(std::size_t slot, Outcome outcome);
    void begin_write();
    void continue_write(std::size_t slot);
    void write_finished(std::size_t slot, Outcome outcome);
    void end_write();
    Duration left(TimePoint until) const;

    // Nothing is asked: it is told so later.
    template <class Operation>
    void refuse(Operation operation);

    const QueueLimits limits_;
    const TimeZone zone_;
    Workers& workers_;
    Connector& connector_;
    QueueCounters& counters_;
    std::vector<Slot> slots_;
    std::deque<Read> reads_;
    std::deque<WriteGroup> writes_;
    std::optional<WriteBatch> batch_;  // under way, or waiting for a connection
    std::vector<Completion<>> when_written_;
    Registration deadline_;
    TimePoint deadline_at_ = TimePoint::max();
    bool scheduled_ = false;
    bool unreachable_ = false;  // the last attempt found no host, and there is no connection
};

}  // namespace viaduct::db_mariadb
