// viaduct/workers: the N identical single-threaded workers, as a module sees them.
//
// A module is one object used from every worker's thread; what it keeps per call or per worker belongs in a
// PerWorker<T>, so that it needs no lock. current() is valid on worker threads only (asserted).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <viaduct/registration.hpp>
#include <viaduct/time.hpp>
#include <viaduct/unique_function.hpp>

namespace viaduct {

// Keeps the worker's clock from being called idle while something outside (a database thread, a resolver) still
// owes it an answer. Copyable handle; release on any thread. Tests wait for it before they turn the clock.
using OutstandingWork = std::shared_ptr<void>;

// Interest in one file descriptor, on the loop of the worker that made it; destroyed there, or after the workers.
class DescriptorWatch {
public:
    virtual ~DescriptorWatch() = default;  // forgets; the descriptor stays open, and must be open until then
    // Calls `ready` once, later, when one of the two it asked for is so. A descriptor that has failed is both. A wait
    // replaces the one before.
    virtual void wait(bool readable, bool writable, UniqueFunction<void(bool readable, bool writable)> ready) = 0;
};

class Workers {
public:
    virtual ~Workers() = default;

    virtual unsigned count() const = 0;
    virtual unsigned current() const = 0;  // this thread's worker
    virtual bool on_worker() const = 0;    // false on foreign threads (database writer, start-up)
    // The owner of a call (ARCHITECTURE: hash(Call-ID) % N).
    virtual unsigned owner(std::string_view call_id) const = 0;

    // Runs `work` on that worker, later, in order of posting from one thread. Any thread. Dropped at shutdown.
    virtual void post(unsigned worker, UniqueFunction<void()> work) = 0;
    // The same for work that strangers can cause as often as they like: false, and nothing of it is kept, when too much
    // of that kind waits there already. Answers and completions are owed: they go by post().
    virtual bool try_post(unsigned worker, UniqueFunction<void()> work) {
        post(worker, std::move(work));
        return true;
    }
    virtual OutstandingWork outstanding_work() = 0;

    // -- the current worker's clock; worker threads only
    virtual TimePoint now() const = 0;
    virtual WallTime wall_now() const = 0;
    // Runs `work` on the current worker once `delay` has passed; withdrawing the handle (on the same worker) cancels.
    virtual Registration after(Duration delay, UniqueFunction<void()> work) = 0;

    // For what brings a socket of its own: a client library, say. Worker threads only.
    virtual std::unique_ptr<DescriptorWatch> watch(int descriptor) = 0;
};

// One T per worker, reached without a lock from that worker.
template <class T>
class PerWorker {
public:
    explicit PerWorker(Workers& workers) : workers_{workers}, items_(workers.count()) {
        for (auto& item : items_) item = std::make_unique<T>();
    }
    T& here() { return *items_[workers_.current()]; }
    T& at(unsigned worker) { return *items_[worker]; }  // from its own thread, or before workers run
    std::size_t size() const { return items_.size(); }

private:
    Workers& workers_;
    std::vector<std::unique_ptr<T>> items_;
};

}  // namespace viaduct
