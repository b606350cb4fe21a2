// candidate_pair: one way the packets might go, and how far its check has come (RFC 8445 section 6.1.2).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>

#include "ice/local_socket.hpp"
#include "ice/stun_message.hpp"
#include "packet/deadlines.hpp"

namespace viaduct::media_relay {

struct CandidatePair {
    enum class State : std::uint8_t { frozen, waiting, in_progress, succeeded, failed };

    Path path;
    Component component = Component::rtp;
    State state = State::frozen;
    std::string foundation;  // of the remote candidate; the local one follows from the socket
    std::uint32_t local_priority = 0, remote_priority = 0;

    // The check under way. A succeeded pair has one while it is being nominated.
    TransactionId transaction{};
    Deadline resend;
    Duration timeout{};
    std::uint8_t sent = 0;
    bool as_controlling = false;
    bool nominating = false;  // that check bears USE-CANDIDATE

    bool triggered = false;          // section 6.1.4.1: before all ordinary checks
    bool nominated_by_peer = false;  // with our own success it is selected

    // Section 6.1.2.3. Both sides reckon the same number.
    std::uint64_t priority(bool controlling) const {
        const std::uint64_t g = controlling ? local_priority : remote_priority;
        const std::uint64_t d = controlling ? remote_priority : local_priority;
        return (std::min(g, d) << 32) + 2 * std::max(g, d) + (g > d ? 1 : 0);
    }
    bool same_foundation(const CandidatePair& other) const {
        return foundation == other.foundation && path.remote.is_v6() == other.path.remote.is_v6();
    }
    void end_check() {
        resend.reset();
        nominating = false;
    }
};

}  // namespace viaduct::media_relay
