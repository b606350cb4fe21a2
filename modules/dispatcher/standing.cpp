// standing: see standing.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "standing.hpp"

namespace viaduct::dispatcher {

template <class Input>
Standing::Change Standing::apply(Input input) {
    const std::lock_guard lock{mutex_};
    const Availability before = liveness_.availability();
    input();
    const Availability now = liveness_.availability();
    shown_.store(now, std::memory_order_relaxed);
    return {before, now};
}

void Standing::begin(Availability availability, bool probed) {
    apply([&] {
        const std::pair row{availability, probed};
        if (row_ == row) return;
        row_ = row;
        liveness_ = Liveness{rules_, availability, probed, phase_};
    });
}

std::optional<std::uint64_t> Standing::turn(TimePoint now, Change& change) {
    std::optional<std::uint64_t> probe;
    change = apply([&] {
        const unsigned failures = liveness_.failures();
        probe = liveness_.turn(now);
        if (liveness_.failures() == failures) return;
        counters_.probes_failed.add();
        status_ = 408;  // nobody answered
    });
    return probe;
}

Standing::Change Standing::answered(std::uint64_t probe, bool alive, int status, Duration round_trip, TimePoint now) {
    return apply([&] {
        if (!liveness_.answered(probe, alive, now)) return;
        status_ = status;
        round_trip_ = round_trip;
        (alive ? counters_.probes_answered : counters_.probes_failed).add();
    });
}

Standing::Change Standing::failed(TimePoint now) {
    return apply([&] { liveness_.failed(now); });
}

Standing::Change Standing::set(Availability availability, TimePoint now) {
    return apply([&] { liveness_.set(availability, now); });
}

Standing::Report Standing::report() const {
    const std::lock_guard lock{mutex_};
    return {
        liveness_.availability(), liveness_.is_probed(), liveness_.failures(), liveness_.since(), status_, round_trip_};
}

}  // namespace viaduct::dispatcher
