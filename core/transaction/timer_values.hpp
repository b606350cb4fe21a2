// timer_values: T1, T2, T4 and what follows from them (RFC 3261 section 17.1.1.1 and appendix A, RFC 6026 section 7.1).
//
// Over a reliable transport nothing is repeated and the waits for late repetitions are of zero length; the waits that
// give a peer time to answer (B, F, H) and those of RFC 6026 (L, M) are the same everywhere. A plain value; outlives
// the machines that refer to it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include <viaduct/time.hpp>

namespace viaduct::transaction {

struct TimerValues {
    Duration t1 = 500ms;      // round-trip time
    Duration t2 = 4s;         // longest interval between repetitions of a non-INVITE request or an INVITE response
    Duration t4 = 5s;         // how long a message stays in the network
    Duration trying = 200ms;  // section 17.2.1

    // Timers B, F, H, L, M: how long a transaction is tried.
    constexpr Duration lifetime() const { return 64 * t1; }
    // Timer D: at least 32 s over an unreliable transport.
    constexpr Duration d(bool reliable) const { return reliable ? Duration{} : std::max<Duration>(32s, lifetime()); }
    // Timer J.
    constexpr Duration j(bool reliable) const { return reliable ? Duration{} : lifetime(); }
    // Timers I and K.
    constexpr Duration i(bool reliable) const { return reliable ? Duration{} : t4; }
    constexpr Duration k(bool reliable) const { return i(reliable); }

    // The interval after `sent` messages: T1 doubled each time. Timer A is not capped, timers E and G are at T2.
    constexpr Duration doubled(unsigned sent) const { return t1 * (std::int64_t{1} << std::min(sent, 20U)); }
    constexpr Duration doubled_to_t2(unsigned sent) const { return std::min(doubled(sent), t2); }
};

}  // namespace viaduct::transaction
