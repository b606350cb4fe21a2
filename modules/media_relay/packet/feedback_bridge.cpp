// feedback_bridge: see feedback_bridge.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "packet/feedback_bridge.hpp"

#include <cstring>

namespace viaduct::media_relay {

std::size_t take_out_feedback(std::span<std::uint8_t> compound, FeedbackCounts& taken) {
    RtcpReader reader{compound};
    std::size_t kept = 0;
    while (const auto packet = reader.next()) {
        const Feedback feedback = packet->feedback();
        if (feedback != Feedback::none) {
            ++taken[static_cast<std::size_t>(feedback)];
            continue;
        }
        const bool report = packet->type == RtcpType::sender_report || packet->type == RtcpType::receiver_report;
        if (kept == 0 && !report) continue;
        // The reader is past these bytes already.
        std::memmove(compound.data() + kept, packet->bytes.data(), packet->bytes.size());
        kept += packet->bytes.size();
    }
    return kept;
}

}  // namespace viaduct::media_relay
