// manual_workers: see manual_workers.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "support/manual_workers.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <thread>

namespace viaduct::test {

struct ManualWorkers::After : Timer {
    explicit After(UniqueFunction<void()> todo) : Timer{&After::expired}, work{std::move(todo)} {}
    static void expired(Timer& timer) {
        auto work = std::move(static_cast<After&>(timer).work);
        if (work) work();
    }
    UniqueFunction<void()> work;
};

ManualWorkers::ManualWorkers(unsigned workers) {
    for (unsigned i = 0; i < workers; ++i) workers_.push_back(std::make_unique<One>(now_));
}

ManualWorkers::~ManualWorkers() = default;

unsigned ManualWorkers::owner(std::string_view call_id) const {
    return static_cast<unsigned>(std::hash<std::string_view>{}(call_id) % workers_.size());
}

void ManualWorkers::post(unsigned worker, UniqueFunction<void()> work) {
    const std::lock_guard lock{mutex_};
    workers_[worker]->queue.push_back(std::move(work));
}

OutstandingWork ManualWorkers::outstanding_work() { return outstanding_; }

WallTime ManualWorkers::wall_now() const {
    return WallTime{std::chrono::seconds{1'790'000'000} +
                    std::chrono::duration_cast<std::chrono::seconds>(now_ - start_)};
}

Registration ManualWorkers::after(Duration delay, UniqueFunction<void()> work) {
    auto timer = std::make_unique<After>(std::move(work));
    timers(current_).arm(*timer, now_ + delay);
    return Registration{[timer = std::move(timer)]() mutable { timer->cancel(); }};
}

bool ManualWorkers::run_once() {
    bool ran = false;
    for (unsigned i = 0; i < workers_.size(); ++i) {
        std::deque<UniqueFunction<void()>> queue;
        {
            const std::lock_guard lock{mutex_};
            queue.swap(workers_[i]->queue);
        }
        as(i, [&] {
            for (auto& work : queue) work();
            ran = workers_[i]->descriptors.run_ready() != 0 || ran;
            ran = workers_[i]->timers.advance(now_) != 0 || ran;
        });
        ran = ran || !queue.empty();
    }
    return ran;
}

void ManualWorkers::run() {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    for (;;) {
        if (run_once()) continue;
        if (outstanding_.use_count() == 1 && !run_once()) return;
        if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error{"outstanding work never completed"};
        std::this_thread::yield();
    }
}

void ManualWorkers::advance(Duration by) {
    const TimePoint end = now_ + by;
    for (;;) {
        run();
        TimePoint next = end;
        for (const auto& worker : workers_) {
            if (const auto due = worker->timers.next_due()) next = std::min(next, *due);
        }
        if (next >= end) break;
        now_ = std::max(now_, next);
    }
    now_ = end;
    run();
}

}  // namespace viaduct::test
