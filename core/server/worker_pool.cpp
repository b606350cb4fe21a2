// worker_pool: see worker_pool.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "server/worker_pool.hpp"

#include <cassert>
#include <utility>

namespace viaduct::server {

namespace {

constexpr std::size_t kTimersPerTurn = 2000;  // the rest waits one turn, after the network had its share

thread_local const WorkerPool* current_pool = nullptr;
thread_local unsigned current_worker = 0;

// FNV-1a, then mixed: cheap, and the same in every process of a version.
std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const unsigned char byte : text) hash = (hash ^ byte) * 0x100000001b3U;
    hash ^= hash >> 32;
    return hash * 0x9e3779b97f4a7c15U >> 32;
}

}  // namespace

struct WorkerPool::After : Timer {
    explicit After(UniqueFunction<void()> todo) : Timer{&After::expired}, work{std::move(todo)} {}
    static void expired(Timer& timer) {
        auto work = std::move(static_cast<After&>(timer).work);  // may destroy the timer
        work();
    }
    UniqueFunction<void()> work;
};

WorkerPool::WorkerPool(Environment& environment, unsigned workers) : environment_{environment} {
    for (unsigned i = 0; i < workers; ++i) {
        workers_.push_back(std::make_unique<Worker>(environment.now(), [this, i] { environment_.wake(i); }));
    }
}

WorkerPool::~WorkerPool() = default;

unsigned WorkerPool::current() const {
    assert(current_pool == this);
    return current_worker;
}

bool WorkerPool::on_worker() const { return current_pool == this; }

unsigned WorkerPool::owner(std::string_view call_id) const {
    return workers_.size() == 1 ? 0 : static_cast<unsigned>(hash_of(call_id) % workers_.size());
}

void WorkerPool::post(unsigned worker, UniqueFunction<void()> work) {
    if (closed_.load(std::memory_order_relaxed)) return;
    const bool own = current_pool == this && current_worker == worker;
    own ? workers_[worker]->mailbox.post_own(std::move(work)) : workers_[worker]->mailbox.post(std::move(work));
}

bool WorkerPool::try_post(unsigned worker, UniqueFunction<void()> work) {
    return closed_.load(std::memory_order_relaxed) || workers_[worker]->mailbox.try_post(std::move(work));
}

TimePoint WorkerPool::now() const {
    Worker& worker = *workers_[current()];
    if (std::exchange(worker.waited, false)) worker.now = environment_.now();
    return worker.now;
}

WallTime WorkerPool::wall_now() const { return environment_.wall_now(); }

Registration WorkerPool::after(Duration delay, UniqueFunction<void()> work) {
    auto timer = std::make_unique<After>(std::move(work));
    timers(current()).arm(*timer, now() + delay);
    return Registration{[timer = std::move(timer)]() mutable { timer->cancel(); }};
}

std::unique_ptr<DescriptorWatch> WorkerPool::watch(int descriptor) {
    return environment_.watch_descriptor(current(), descriptor);
}

void WorkerPool::close() {
    closed_.store(true, std::memory_order_relaxed);
    Mailbox::Contents dropped;
    for (const auto& worker : workers_) worker->mailbox.take(dropped);
}

WorkerPool::Scope::Scope(WorkerPool& pool, unsigned worker)
    : previous_pool_{std::exchange(current_pool, &pool)}, previous_{std::exchange(current_worker, worker)} {
    pool.workers_[worker]->now = pool.environment_.now();
}

WorkerPool::Scope::~Scope() {
    current_pool = previous_pool_;
    current_worker = previous_;
}

std::size_t WorkerPool::turn(unsigned index) {
    Worker& worker = *workers_[index];
    worker.now = environment_.now();
    worker.waited = false;
    if (worker.idle) worker.last_idle = worker.now;  // until now it waited
    worker.mailbox.take(worker.taken);
    std::size_t done = worker.taken.work.size() + worker.taken.deliveries.size();
    if (worker.task != nullptr) {
        for (auto& delivery : worker.taken.deliveries) worker.task->on_delivery(std::move(delivery));
    }
    for (auto& work : worker.taken.work) work();
    worker.taken.clear();
    done += worker.timers.advance(worker.now, kTimersPerTurn);
    if (worker.task != nullptr) worker.task->on_turn_end();
    return done;
}

void WorkerPool::note_load(unsigned index, bool busy) {
    Worker& worker = *workers_[index];
    worker.idle = !busy;
    const bool overloaded = busy && overload_after_ > Duration{0} && worker.now - worker.last_idle > overload_after_;
    if (overloaded == worker.overloaded || worker.task == nullptr) return;
    worker.overloaded = overloaded;
    worker.task->on_overload(overloaded);
}

std::optional<TimePoint> WorkerPool::next_due(unsigned worker) const { return workers_[worker]->timers.next_due(); }

}  // namespace viaduct::server
