// standing: how one destination stands, shared by all workers and by every reading of the table it is in.
//
// usable() is for the packet path: one relaxed load. All else takes a lock that is held for a few instructions. Any
// thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include <viaduct/metrics_api.hpp>

#include "liveness.hpp"

namespace viaduct::dispatcher {

struct StandingCounters {
    Counter &selected, &probes_answered, &probes_failed;
};

class Standing {
public:
    struct Report {
        Availability availability;
        bool probed;
        unsigned failures;
        std::optional<TimePoint> since;
        int status;  // of the newest answer to a probe, 0 before
        Duration round_trip;
    };
    // What an input changed.
    struct Change {
        Availability before, now;
        bool any() const { return before != now; }
    };

    Standing(const ProbeRules& rules, double phase, StandingCounters counters)
        : rules_{rules}, phase_{phase}, liveness_{rules, Availability::active, false, phase}, counters_{counters} {}

    // What the row of the table says. Only a row that says something else than before changes anything.
    void begin(Availability availability, bool probed);
    std::optional<std::uint64_t> turn(TimePoint now, Change& change);
    Change answered(std::uint64_t probe, bool alive, int status, Duration round_trip, TimePoint now);
    Change failed(TimePoint now);
    Change set(Availability availability, TimePoint now);

    Availability availability() const { return shown_.load(std::memory_order_relaxed); }
    bool usable() const { return takes_calls(availability()); }
    Report report() const;
    // A request tries it first.
    void select() {
        selected_.fetch_add(1, std::memory_order_relaxed);
        counters_.selected.add();
    }
    std::uint64_t selected() const { return selected_.load(std::memory_order_relaxed); }

private:
    template <class Input>
    Change apply(Input input);

    const ProbeRules rules_;
    const double phase_;
    mutable std::mutex mutex_;
    std::optional<std::pair<Availability, bool>> row_;
    Liveness liveness_;
    int status_ = 0;
    Duration round_trip_{};
    std::atomic<Availability> shown_{Availability::active};
    std::atomic<std::uint64_t> selected_{0};
    StandingCounters counters_;
};

}  // namespace viaduct::dispatcher
