// keep_alive: finds the bindings to ping and hands each to the worker that pings it.
//
// The location store is walked on a thread of its own, because with a million bindings that takes longer than a worker
// may stand still; the result is posted to the workers. A binding over a connection belongs to the connection's worker,
// others to one chosen by their id. start() once on each worker; stop() on worker 0, for all of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <viaduct/flow.hpp>
#include <viaduct/workers.hpp>

#include "pinger.hpp"

namespace viaduct::nat {

struct KeepAliveSettings {
    PingKind kind = PingKind::options;
    bool all = false;  // also bindings that are not behind a translator
    PingScheduleSettings schedule;
};

class KeepAlive {
public:
    KeepAlive(Workers& workers, Location& location, ClientApi& client, const KeepAliveSettings& settings,
              const PingCounters& counters);
    ~KeepAlive();

    void start();
    void stop();
    void heard(const Flow& flow) { pingers_[workers_.current()]->heard(flow); }

private:
    void look_soon();
    void look();
    void collect();
    unsigned worker_of(const Binding& binding) const;

    Workers& workers_;
    Location& location_;
    KeepAliveSettings settings_;
    std::vector<std::unique_ptr<Pinger>> pingers_;  // one for each worker
    std::atomic<bool> looking_{false};
    std::thread look_;
    Registration timer_;  // worker 0
};

}  // namespace viaduct::nat
