// keep_alive: the walk over the location store.
// SPDX-License-Identifier: Apache-2.0
#include "keep_alive.hpp"

#include <functional>
#include <utility>

namespace viaduct::nat {
namespace {

// Looks per ping interval: a new binding waits for its first ping at most a quarter longer than for later ones.
constexpr int kLooksPerInterval = 4;

}  // namespace

KeepAlive::KeepAlive(Workers& workers, Location& location, ClientApi& client, const KeepAliveSettings& settings,
                     const PingCounters& counters)
    : workers_{workers}, location_{location}, settings_{settings} {
    for (unsigned worker = 0; worker < workers_.count(); ++worker) {
        pingers_.push_back(
            std::make_unique<Pinger>(workers, location, client, settings.kind, settings.schedule, counters));
    }
}

KeepAlive::~KeepAlive() {
    if (look_.joinable()) look_.join();
}

void KeepAlive::start() {
    if (workers_.current() == 0) look_soon();
}

void KeepAlive::stop() {
    timer_.withdraw();
    for (unsigned worker = 0; worker < workers_.count(); ++worker) {
        workers_.post(worker, [pinger = pingers_[worker].get()] { pinger->stop(); });
    }
}

void KeepAlive::look_soon() {
    timer_ = workers_.after(settings_.schedule.interval / kLooksPerInterval, [this] {
        look();
        look_soon();
    });
}

void KeepAlive::look() {
    if (looking_.exchange(true)) return;  // the walk before takes longer than the pause between two
    if (look_.joinable()) look_.join();
    look_ = std::thread{[this, work = workers_.outstanding_work()] {
        collect();
        looking_ = false;
    }};
}

void KeepAlive::collect() {
    std::vector<std::vector<PingTarget>> targets(workers_.count());
    location_.for_each([&](const Binding& binding) {
        if (settings_.all || binding.behind_nat) {
            targets[worker_of(binding)].push_back({binding.id, binding.address_of_record});
        }
        return true;
    });
    for (unsigned worker = 0; worker < targets.size(); ++worker) {
        workers_.post(worker,
                      [pinger = pingers_[worker].get(), mine = std::move(targets[worker])] { pinger->update(mine); });
    }
}

unsigned KeepAlive::worker_of(const Binding& binding) const {
    const auto& flow = binding.target.flow;
    if (flow && flow->connection) return flow->connection.worker % workers_.count();
    return static_cast<unsigned>(std::hash<std::string>{}(binding.id) % workers_.count());
}

}  // namespace viaduct::nat
