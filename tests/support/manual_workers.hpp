// manual_workers: viaduct::Workers on the test's own thread, with a clock the test turns by hand.
//
// post() queues; run() executes what is queued, also what that posts. advance() turns the clock in order of what falls
// due. With `workers` > 1 every worker runs on this one thread, and current() says whose work is being run.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include <viaduct/workers.hpp>

#include "base/polled_descriptors.hpp"
#include "base/timer_wheel.hpp"

namespace viaduct::test {

class ManualWorkers final : public Workers {
public:
    explicit ManualWorkers(unsigned workers = 1);
    ~ManualWorkers() override;

    unsigned count() const override { return static_cast<unsigned>(workers_.size()); }
    unsigned current() const override { return current_; }
    bool on_worker() const override { return true; }
    unsigned owner(std::string_view call_id) const override;
    void post(unsigned worker, UniqueFunction<void()> work) override;  // any thread
    bool try_post(unsigned worker, UniqueFunction<void()> work) override {
        if (busy) return false;
        post(worker, std::move(work));
        return true;
    }
    bool busy = false;  // mailboxes take nothing that strangers cause
    OutstandingWork outstanding_work() override;
    TimePoint now() const override { return now_; }
    WallTime wall_now() const override;
    Registration after(Duration delay, UniqueFunction<void()> work) override;
    std::unique_ptr<DescriptorWatch> watch(int descriptor) override {
        return workers_[current_]->descriptors.watch(descriptor);
    }

    // The wheel of the current worker: hand it to what needs one.
    TimerWheel& timers(unsigned worker = 0) { return workers_[worker]->timers; }
    // Runs posted work until none is left; waits (bounded, in real time) while outstanding_work() handles exist.
    void run();
    // Turns the clock by `by`, stopping at everything that falls due on the way, and runs it.
    void advance(Duration by);
    // Runs `work` as if on that worker.
    template <class F>
    void as(unsigned worker, F&& work) {
        const unsigned before = std::exchange(current_, worker);
        work();
        current_ = before;
    }

private:
    struct After;
    struct One {
        explicit One(TimePoint start) : timers{start, Duration{1ms}} {}
        TimerWheel timers;
        PolledDescriptors descriptors;
        std::deque<UniqueFunction<void()>> queue;  // under mutex_
    };
    bool run_once();

    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<One>> workers_;
    std::shared_ptr<int> outstanding_ = std::make_shared<int>(0);
    TimePoint now_{std::chrono::hours{1000}};
    TimePoint start_ = now_;
    unsigned current_ = 0;
};

}  // namespace viaduct::test
