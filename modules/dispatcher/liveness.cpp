// liveness: see liveness.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "liveness.hpp"

#include <array>

namespace viaduct::dispatcher {
namespace {

constexpr std::array<std::string_view, 4> kAvailabilityNames{"active", "trying", "inactive", "disabled"};

}  // namespace

std::string_view to_text(Availability availability) {
    return kAvailabilityNames[static_cast<std::size_t>(availability)];
}

std::optional<Availability> availability_from_text(std::string_view text) {
    for (std::size_t i = 0; i < kAvailabilityNames.size(); ++i) {
        if (kAvailabilityNames[i] == text) return static_cast<Availability>(i);
    }
    return std::nullopt;
}

std::optional<std::uint64_t> Liveness::turn(TimePoint now) {
    if (!since_) since_ = now;
    if (!is_probed()) return std::nullopt;
    if (asked_ && now - *asked_ >= rules_.patience) judge(false, now);
    if (!next_probe_) {
        next_probe_ = now + std::chrono::duration_cast<Duration>(rules_.interval * phase_);
    }
    if (asked_ || now < *next_probe_) return std::nullopt;
    // Its own phase again, in the first interval that is not over.
    *next_probe_ += ((now - *next_probe_) / rules_.interval + 1) * rules_.interval;
    asked_ = now;
    return ++probe_;
}

bool Liveness::answered(std::uint64_t probe, bool alive, TimePoint now) {
    if (!asked_ || probe != probe_) return false;
    judge(alive, now);
    return true;
}

void Liveness::failed(TimePoint now) {
    if (is_probed()) judge(false, now);
}

void Liveness::set(Availability availability, TimePoint now) {
    failures_ = successes_ = 0;
    asked_.reset();
    become(availability, now);
}

void Liveness::judge(bool alive, TimePoint now) {
    asked_.reset();
    failures_ = alive ? 0 : failures_ + 1;
    successes_ = alive ? successes_ + 1 : 0;
    if (alive) {
        if (takes_calls(availability_) || successes_ >= rules_.successes) become(Availability::active, now);
    } else if (takes_calls(availability_)) {
        become(failures_ >= rules_.failures ? Availability::inactive : Availability::trying, now);
    }
}

void Liveness::become(Availability availability, TimePoint now) {
    if (availability_ == availability) return;
    availability_ = availability;
    since_ = now;
}

}  // namespace viaduct::dispatcher
