// threaded_workers: three workers on threads of their own, for what may race.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include <viaduct/workers.hpp>

#include "register_messages.hpp"

namespace viaduct::registrar {

// Runs what is posted, in order, on a thread of its own; the destructor finishes what is left.
class WorkThread {
public:
    WorkThread() : thread_{[this] { run(); }} {}
    ~WorkThread() {
        post({});
        thread_.join();
    }
    void post(UniqueFunction<void()> work) {
        {
            const std::lock_guard lock{mutex_};
            queue_.push_back(std::move(work));
        }
        wake_.notify_one();
    }

private:
    void run() {
        for (;;) {
            std::unique_lock lock{mutex_};
            wake_.wait(lock, [this] { return !queue_.empty(); });
            auto work = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            if (!work) return;
            work();
        }
    }
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<UniqueFunction<void()>> queue_;
    std::thread thread_;
};

class ThreadedWorkers final : public Workers {
public:
    unsigned count() const override { return static_cast<unsigned>(threads_.size()); }
    unsigned current() const override { return current_; }
    bool on_worker() const override { return true; }
    unsigned owner(std::string_view) const override { return 0; }
    void post(unsigned worker, UniqueFunction<void()> work) override {
        threads_[worker].post([worker, work = std::move(work)]() mutable {
            current_ = worker;
            work();
        });
    }
    OutstandingWork outstanding_work() override { return {}; }
    TimePoint now() const override { return {}; }
    WallTime wall_now() const override { return kNow; }
    Registration after(Duration, UniqueFunction<void()>) override { return {}; }
    std::unique_ptr<DescriptorWatch> watch(int) override { return {}; }

private:
    static inline thread_local unsigned current_ = 0;
    std::array<WorkThread, 3> threads_;
};

}  // namespace viaduct::registrar
