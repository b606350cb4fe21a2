// viaduct/loaded_table: a table of the database that is small enough to be held whole, made into a T that every worker
// reads without a lock.
//
// It is read while the module is constructed, by reload() on a thread of its own, and every `refresh`. A read that
// fails leaves what was known; a table that was never read is tried again every few seconds. Declare it before the
// registrations of what uses it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <viaduct/logger.hpp>
#include <viaduct/workers.hpp>

namespace viaduct {

template <class T>
class LoadedTable {
public:
    // On any thread, one call at a time; blocks. Throws std::runtime_error with what is wrong.
    using Read = std::function<T()>;

    // `refresh` zero: only when reload() is called.
    LoadedTable(Workers& workers, const Logger& log, std::string name, Duration refresh, Read read)
        : workers_{workers},
          log_{log},
          name_{std::move(name)},
          refresh_{refresh},
          read_{std::move(read)},
          copies_{workers} {
        auto [table, problem] = attempt();
        if (!table) {
            log_.error("table {} was not read, it will be tried again: {}", name_, problem);
            table = std::make_shared<const T>();
        } else {
            loaded_ = true;
        }
        for (unsigned worker = 0; worker < workers_.count(); ++worker) copies_.at(worker) = table;
    }
    ~LoadedTable() {
        if (reading_.joinable()) reading_.join();
    }
    LoadedTable(const LoadedTable&) = delete;
    LoadedTable& operator=(const LoadedTable&) = delete;

    // As this worker knows it; valid until control returns to the worker.
    const T& here() const { return *copies_.here(); }

    // False: it never could be read, and here() is empty. Any thread.
    bool is_loaded() const { return loaded_.load(std::memory_order_relaxed); }

    // From Module::worker_started().
    void worker_started() {
        if (workers_.current() == 0) plan();
    }
    // Worker 0; `done` there, too, with what went wrong, "" when the table is as it is in the database now.
    void reload(Completion<std::string> done) {
        waiting_.push_back(std::move(done));
        if (!busy_) begin();
    }

private:
    static constexpr Duration kRetry = std::chrono::seconds{5};
    using Copy = std::shared_ptr<const T>;
    struct Outcome {
        Copy table;
        std::string problem;
    };

    Outcome attempt() {
        try {
            return {std::make_shared<const T>(read_()), {}};
        } catch (const std::runtime_error& error) {
            return {nullptr, error.what()};
        }
    }

    void plan() {
        const Duration wait = loaded_ ? refresh_ : kRetry;
        if (wait > Duration::zero()) timer_ = workers_.after(wait, [this] { reload([](const std::string&) {}); });
    }

    void begin() {
        busy_ = true;
        asked_ = std::exchange(waiting_, {});
        if (reading_.joinable()) reading_.join();  // it has ended: busy_ was false
        reading_ = std::thread{[this, work = workers_.outstanding_work()] {
            workers_.post(0, [this, outcome = attempt()]() mutable { end(std::move(outcome)); });
        }};
    }

    void end(Outcome outcome) {
        if (outcome.table) {
            loaded_ = true;
            publish(outcome.table);
        } else {
            log_.error("table {} was not read: {}", name_, outcome.problem);
        }
        busy_ = false;
        for (auto& done : std::exchange(asked_, {})) done(outcome.problem);
        if (busy_) return;
        if (waiting_.empty()) return plan();
        begin();  // somebody changed the table while it was being read
    }

    void publish(const Copy& table) {
        copies_.at(0) = table;
        for (unsigned worker = 1; worker < workers_.count(); ++worker) {
            workers_.post(worker, [this, worker, table] { copies_.at(worker) = table; });
        }
    }

    Workers& workers_;
    const Logger& log_;
    const std::string name_;
    const Duration refresh_;
    Read read_;
    mutable PerWorker<Copy> copies_;
    std::atomic<bool> loaded_{false};
    bool busy_ = false;  // this and what follows: worker 0, after construction
    std::vector<Completion<std::string>> waiting_, asked_;
    Registration timer_;
    std::thread reading_;
};

}  // namespace viaduct
