// leg: what one side of a call can do with media: read from its session description, or, before it has said anything,
// guessed from the way it is reached.
//
// Values and functions of values; any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <viaduct/flow.hpp>
#include <viaduct/media_service.hpp>
#include <viaduct/target.hpp>

namespace viaduct::media {

enum class LegKind : std::uint8_t { phone, browser };
std::string_view to_text(LegKind kind);

struct Leg {
    LegKind kind = LegKind::phone;
    bool ice = false, dtls = false, sdes = false;
    bool behind_nat = false;
    bool known = false;      // from its own description
    std::optional<bool> v6;  // what it can reach
    std::string protocol;    // of its first media section, "" before it said anything
    std::string reason;      // why it is taken for that: for log and trace
};

// A side whose description this is, which came over `flow`. nullopt: it cannot be read.
std::optional<Leg> leg_of_description(std::string_view sdp, const Flow& flow);
// A caller that offers nothing (RFC 3264: the callee will).
Leg leg_of_sender(const Flow& flow);
// A callee before its answer.
Leg leg_of_target(const Target& target, const Flow& next_hop);

// What that side must be handed: an offer, or the answer to what it offered itself.
MediaLegNeeds needs_in_offer(const Leg& reader);
MediaLegNeeds needs_in_answer(const Leg& reader);

// Whether the two reach each other without help, and why: "both are browsers: ...".
struct Bridging {
    bool relayed = false;
    std::string reason;
};
Bridging decide(const Leg& caller, const Leg& callee, bool always);

}  // namespace viaduct::media
