// liveness: whether one destination takes calls: what its probes, the script and the operator say.
//
// No I/O, no clock: time and outcomes go in, "send a probe now" comes out. A probe (OPTIONS, RFC 3261 section 11) that
// nobody answered within the patience has failed. The words are Kamailio's: trying is on the way to inactive and still
// takes calls; inactive ends by itself when probes are answered; disabled ends by command only. Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <viaduct/time.hpp>

namespace viaduct::dispatcher {

enum class Availability : std::uint8_t { active, trying, inactive, disabled };
std::string_view to_text(Availability availability);
std::optional<Availability> availability_from_text(std::string_view text);
constexpr bool takes_calls(Availability one) { return one == Availability::active || one == Availability::trying; }

struct ProbeRules {
    Duration interval = 10s;  // zero: none are sent
    Duration patience = 4s;
    unsigned failures = 2;   // in a row until a destination is inactive
    unsigned successes = 1;  // in a row until it is active again
};

class Liveness {
public:
    // `phase`, 0 to 1: where in the interval its probes lie. `probed`: whether there are any.
    Liveness(const ProbeRules& rules, Availability begins, bool probed, double phase)
        : rules_{rules}, availability_{begins}, probed_{probed && rules.interval > Duration::zero()}, phase_{phase} {}

    // Time has passed. The number of a probe to send now, when one is due.
    std::optional<std::uint64_t> turn(TimePoint now);
    // The answer to a probe. False: it says nothing, as it comes too late or the probe is from before a command.
    bool answered(std::uint64_t probe, bool alive, TimePoint now);
    // Somebody who sent it a call got none: counts as a failed probe. Without probes nothing would bring it back, so
    // then it says nothing.
    void failed(TimePoint now);
    // The operator's word.
    void set(Availability availability, TimePoint now);

    Availability availability() const { return availability_; }
    bool is_probed() const { return probed_ && availability_ != Availability::disabled; }
    unsigned failures() const { return failures_; }            // in a row
    std::optional<TimePoint> since() const { return since_; }  // it is so since then; not known before the first turn

private:
    void judge(bool alive, TimePoint now);
    void become(Availability availability, TimePoint now);

    ProbeRules rules_;
    Availability availability_;
    bool probed_;
    double phase_;
    unsigned failures_ = 0, successes_ = 0;
    std::uint64_t probe_ = 0;              // the newest
    std::optional<TimePoint> asked_;       // it waits for its answer since then
    std::optional<TimePoint> next_probe_;  // none before the first turn
    std::optional<TimePoint> since_;
};

}  // namespace viaduct::dispatcher
