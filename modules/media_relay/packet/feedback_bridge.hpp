// feedback_bridge: RTCP on its way from a side that speaks SAVPF or AVPF to one that speaks AVP (RFC 4585 section 5).
//
// AVP knows reports, descriptions and goodbyes. Early feedback is taken out: a phone cannot act on it, and some choke
// on it. Towards AVPF everything passes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>

#include "packet/rtcp_packets.hpp"

namespace viaduct::media_relay {

using FeedbackCounts = std::array<std::uint32_t, kFeedbacks>;  // by Feedback

// Takes feedback out of the compound in place and counts it. Returns the size left; 0: nothing that AVP allows to stand
// alone, since a compound there begins with a report (RFC 3550 section 6.1).
// REQUIRES: is_sound_rtcp(compound)
std::size_t take_out_feedback(std::span<std::uint8_t> compound, FeedbackCounts& taken);

}  // namespace viaduct::media_relay
