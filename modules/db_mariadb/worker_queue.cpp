// worker_queue: see worker_queue.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "worker_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace viaduct::db_mariadb {

namespace {

constexpr Duration kShortestRetry = 20ms;
constexpr Duration kShortestLimit = 1ms;

QueueCounters::Loss loss_of(const Problem& problem) {
    if (problem.extent == Extent::node) return QueueCounters::unfit;
    return problem.code == DatabaseErrc::timeout ? QueueCounters::slow : QueueCounters::closed;
}

}  // namespace

WorkerQueue::WorkerQueue(const QueueLimits& limits, TimeZone zone, Workers& workers, Connector& connector,
                         QueueCounters& counters)
    : limits_{limits},
      zone_{zone},
      workers_{workers},
      connector_{connector},
      counters_{counters},
      slots_(limits.connections) {}

WorkerQueue::~WorkerQueue() = default;

void WorkerQueue::start() {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) connect(slot);
}

void WorkerQueue::connect(std::size_t slot) {
    connector_.ask(std::exchange(slots_[slot].orphan, {}),
                   [this, slot](Connection made) { connected(slot, std::move(made)); });
}

void WorkerQueue::connected(std::size_t slot, Connection connection) {
    if (auto* made = std::get_if<Connected>(&connection)) {
        slots_[slot].host = made->host;
        slots_[slot].link = std::make_unique<Link>(std::move(made->client), workers_, [this, slot] {
            counters_.lost[QueueCounters::closed]->add();
            drop(slot, false);
        });
        counters_.connections.fetch_add(1, std::memory_order_relaxed);
        unreachable_ = false;
        return dispatch();
    }
    slots_[slot].retry = workers_.after(std::max(kShortestRetry, std::get<Unreachable>(connection).ask_again),
                                        [this, slot] { connect(slot); });
    if (is_connected()) return;
    unreachable_ = true;
    fail_all(DatabaseErrc::unavailable);
}

void WorkerQueue::drop(std::size_t index, bool orphaned) {
    Slot& slot = slots_[index];
    if (orphaned) slot.orphan = Orphan{slot.host, slot.link->thread_id()};
    slot.link.reset();
    slot.writing = false;
    counters_.connections.fetch_sub(1, std::memory_order_relaxed);
    connect(index);
}

bool WorkerQueue::is_connected() const {
    return std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.link != nullptr; });
}

template <class Operation>
void WorkerQueue::refuse(Operation operation) {
    const auto code = unreachable_ ? DatabaseErrc::unavailable : DatabaseErrc::overloaded;
    workers_.post(workers_.current(),
                  [operation = std::move(operation), code]() mutable { operation.tell(make_error_code(code)); });
}

void WorkerQueue::select(Select query, Completion<Result<DatabaseRows>> done) {
    counters_.asked(QueueCounters::read);
    Read read{
        std::move(query), std::move(done), workers_.now() + limits_.read_deadline, false, workers_.outstanding_work(),
        &counters_};
    if (unreachable_ || reads_.size() >= limits_.queue) return refuse(std::move(read));
    reads_.push_back(std::move(read));
    schedule();
}

void WorkerQueue::write(std::vector<Change> changes, Completion<Result<std::uint64_t>> done) {
    counters_.asked(QueueCounters::write);
    WriteGroup group{std::move(changes), std::move(done), workers_.now() + limits_.write_deadline,
                     workers_.outstanding_work(), &counters_};
    if (unreachable_ || writes_.size() >= limits_.queue) return refuse(std::move(group));
    writes_.push_back(std::move(group));
    schedule();
}

void WorkerQueue::when_written(Completion<> done) {
    if (writes_.empty() && !batch_) return done();
    when_written_.push_back(std::move(done));
}

// The rest of this turn may ask for more.
void WorkerQueue::schedule() {
    if (std::exchange(scheduled_, true)) return;
    workers_.post(workers_.current(), [this] {
        scheduled_ = false;
        dispatch();
    });
}

void WorkerQueue::dispatch() {
    expire();
    if (batch_ || !writes_.empty()) begin_write();
    while (!reads_.empty()) {
        const auto slot = idle_slot(true);
        if (!slot) break;
        begin_read(*slot);
    }
    watch_deadlines();
}

std::optional<std::size_t> WorkerQueue::idle_slot(bool for_read) const {
    std::optional<std::size_t> found;
    std::size_t idle = 0, writing = 0, all = 0;
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
        if (slots_[slot].link == nullptr) continue;
        ++all;
        writing += slots_[slot].writing ? 1 : 0;
        if (slots_[slot].writing || slots_[slot].link->busy()) continue;
        ++idle;
        if (for_read || !found) found = slot;  // reads take the last one, writes the first
    }
    // One of several is kept for the next write.
    if (for_read && idle == 1 && all > 1 && writing == 0) return std::nullopt;
    return found;
}

Duration WorkerQueue::left(TimePoint until) const { return std::max(kShortestLimit, until - workers_.now()); }

void WorkerQueue::begin_read(std::size_t index) {
    Slot& slot = slots_[index];
    slot.reading = ReadBatch::take(reads_, limits_.batch, zone_);
    counters_.batches[QueueCounters::read]->add();
    slot.link->run(slot.reading->sql(), left(slot.reading->until()),
                   [this, index](Outcome outcome) { read_finished(index, std::move(outcome)); });
}

void WorkerQueue::read_finished(std::size_t index, Outcome outcome) {
    ReadBatch batch = std::move(*std::exchange(slots_[index].reading, std::nullopt));
    if (const auto* reply = std::get_if<Reply>(&outcome)) {
        batch.answer(*reply);
        return dispatch();
    }
    const Problem& problem = std::get<Problem>(outcome);
    const bool is_over = problem.extent >= Extent::connection;
    if (is_over) {
        counters_.lost[loss_of(problem)]->add();
        if (problem.extent == Extent::node) connector_.reject(slots_[index].host, problem);
        drop(index, problem.code == DatabaseErrc::timeout);
    }
    const bool again = problem.extent == Extent::statement ? batch.size() > 1 : problem.code != DatabaseErrc::timeout;
    if (again)
        batch.put_back(reads_, problem.extent == Extent::statement);
    else
        batch.fail(problem.code);
    dispatch();
}

void WorkerQueue::begin_write() {
    const bool under_way = std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.writing; });
    if (under_way) return;
    const auto slot = idle_slot(false);
    if (!slot) return;
    if (!batch_) {
        const auto many = static_cast<std::ptrdiff_t>(std::min(writes_.size(), limits_.batch));
        std::vector<WriteGroup> groups{std::make_move_iterator(writes_.begin()),
                                       std::make_move_iterator(writes_.begin() + many)};
        writes_.erase(writes_.begin(), writes_.begin() + many);
        batch_.emplace(std::move(groups), zone_);
    }
    continue_write(*slot);
}

void WorkerQueue::continue_write(std::size_t index) {
    const std::string* sql = batch_->next();
    if (sql == nullptr) {
        slots_[index].writing = false;
        return end_write();
    }
    slots_[index].writing = true;
    slots_[index].link->run(*sql, left(batch_->until()),
                            [this, index](Outcome outcome) { write_finished(index, std::move(outcome)); });
}

void WorkerQueue::write_finished(std::size_t index, Outcome outcome) {
    if (const auto* reply = std::get_if<Reply>(&outcome)) {
        batch_->completed(*reply);
        return continue_write(index);
    }
    const Problem& problem = std::get<Problem>(outcome);
    if (problem.extent < Extent::connection) {
        batch_->failed(problem);
        return continue_write(index);
    }
    counters_.lost[loss_of(problem)]->add();
    if (problem.extent == Extent::node) connector_.reject(slots_[index].host, problem);
    drop(index, true);
    if (problem.code == DatabaseErrc::timeout)
        batch_->give_up(DatabaseErrc::timeout);
    else
        batch_->lost(problem);
    if (batch_->next() == nullptr) return end_write();
    dispatch();  // it starts over on another connection
}

void WorkerQueue::end_write() {
    WriteBatch batch = std::move(*std::exchange(batch_, std::nullopt));
    counters_.batches[QueueCounters::write]->add(batch.commits());
    batch.tell();
    if (writes_.empty()) {
        for (auto& done : std::exchange(when_written_, {})) done();
    }
    if (!writes_.empty() || !reads_.empty()) schedule();
}

void WorkerQueue::expire() {
    const TimePoint now = workers_.now();
    const bool waits_for_connection =
        batch_ && std::none_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.writing; });
    if (waits_for_connection && batch_->until() <= now) {
        batch_->give_up(DatabaseErrc::timeout);
        end_write();
    }
    while (!reads_.empty() && reads_.front().until <= now) {
        Read read = std::move(reads_.front());
        reads_.pop_front();
        read.tell(make_error_code(DatabaseErrc::timeout));
    }
    while (!writes_.empty() && writes_.front().until <= now) {
        WriteGroup group = std::move(writes_.front());
        writes_.pop_front();
        group.tell(make_error_code(DatabaseErrc::timeout));
    }
}

// For what waits for a connection; a statement under way has its own limit.
void WorkerQueue::watch_deadlines() {
    TimePoint next = TimePoint::max();
    if (batch_) next = batch_->until();
    if (!reads_.empty()) next = std::min(next, reads_.front().until);
    if (!writes_.empty()) next = std::min(next, writes_.front().until);
    if (next >= deadline_at_) return;  // looked at by then anyway
    deadline_at_ = next;
    deadline_ = workers_.after(left(next), [this] {
        deadline_at_ = TimePoint::max();
        dispatch();
    });
}

void WorkerQueue::fail_all(DatabaseErrc code) {
    if (batch_) {
        batch_->give_up(code);
        end_write();
    }
    for (Read& read : std::exchange(reads_, {})) read.tell(make_error_code(code));
    for (WriteGroup& group : std::exchange(writes_, {})) group.tell(make_error_code(code));
    if (!batch_) {
        for (auto& done : std::exchange(when_written_, {})) done();
    }
}

}  // namespace viaduct::db_mariadb
