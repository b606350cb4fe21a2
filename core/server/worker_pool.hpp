// worker_pool: the N workers: each a mailbox, a timer wheel and a clock reading. It knows nothing of SIP.
//
// Implements viaduct::Workers. Who calls turn() decides what a worker is: a thread with an event loop
// (RealEnvironment), or a test. post() is for any thread, turn() for the worker's own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <viaduct/workers.hpp>

#include "base/timer_wheel.hpp"
#include "server/environment.hpp"
#include "server/mailbox.hpp"

namespace viaduct::server {

// What a worker does besides posted work and timers: its SIP engine.
class WorkerTask {
public:
    virtual ~WorkerTask() = default;
    virtual void on_delivery(Delivery delivery) = 0;
    virtual void on_turn_end() = 0;
    // The worker has had no moment without work for too long (true), or has one again (false).
    virtual void on_overload(bool overloaded) = 0;
};

class WorkerPool final : public Workers {
public:
    WorkerPool(Environment& environment, unsigned workers);
    ~WorkerPool() override;

    unsigned count() const override { return static_cast<unsigned>(workers_.size()); }
    unsigned current() const override;
    bool on_worker() const override;
    unsigned owner(std::string_view call_id) const override;
    void post(unsigned worker, UniqueFunction<void()> work) override;
    bool try_post(unsigned worker, UniqueFunction<void()> work) override;
    OutstandingWork outstanding_work() override { return environment_.outstanding_work(); }
    TimePoint now() const override;
    WallTime wall_now() const override;
    Registration after(Duration delay, UniqueFunction<void()> work) override;
    std::unique_ptr<DescriptorWatch> watch(int descriptor) override;

    TimerWheel& timers(unsigned worker) { return workers_[worker]->timers; }
    Mailbox& mailbox(unsigned worker) { return workers_[worker]->mailbox; }
    void set_task(unsigned worker, WorkerTask* task) { workers_[worker]->task = task; }
    // Posted work from now on is dropped: the first step of destruction.
    void close();

    // Marks this thread as that worker while it lives, and reads the clock.
    class Scope {
    public:
        Scope(WorkerPool& pool, unsigned worker);
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

    private:
        const WorkerPool* previous_pool_;
        unsigned previous_;
    };
    // Runs what is in the mailbox and what is due, then the turn's end. Inside a Scope. Returns how much there was to
    // do.
    std::size_t turn(unsigned worker);
    // The loop is about to wait: what it runs after that reads the clock anew.
    void before_wait(unsigned worker) { workers_[worker]->waited = true; }
    // Whether the loop found anything to do since the last turn. Inside a Scope. A worker that is busy for
    // `overload_after` without a pause is overloaded: what waits for it in the kernel's queues is getting old.
    void note_load(unsigned worker, bool busy);
    void set_overload_after(Duration limit) { overload_after_ = limit; }
    // When the worker wants its next turn; nullopt: when something arrives.
    std::optional<TimePoint> next_due(unsigned worker) const;

private:
    struct After;
    struct Worker {
        Worker(TimePoint start, UniqueFunction<void()> wake)
            : timers{start}, mailbox{std::move(wake)}, now{start}, last_idle{start} {}
        TimerWheel timers;
        Mailbox mailbox;
        Mailbox::Contents taken;
        TimePoint now;
        TimePoint last_idle;  // the end of its last pause
        bool idle = false;    // in a pause, which ends with the next turn
        bool waited = false;  // `now` is older than the last wait
        bool overloaded = false;
        WorkerTask* task = nullptr;
    };

    Environment& environment_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::atomic<bool> closed_{false};
    Duration overload_after_{0};  // 0: never
};

}  // namespace viaduct::server
