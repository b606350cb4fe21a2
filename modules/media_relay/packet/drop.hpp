// drop: the reasons for which a packet is dropped, each with a counter.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace viaduct::media_relay {

enum class Drop : std::uint8_t {
    none,
    unknown_kind,          // RFC 7983: nobody's first byte
    too_long,              // above kLargestDatagram, or no room for the tag
    malformed_stun,        // lengths, attributes, FINGERPRINT
    unauthenticated_stun,  // no or a wrong MESSAGE-INTEGRITY, a wrong user name
    unexpected_stun,       // a response nobody waits for, a check without ICE, indications
    stun_rate,             // more checks than an agent may send
    malformed_dtls,
    unexpected_dtls,       // no DTLS was agreed, or roles are not known yet
    dtls_failed,           // alert, time-out, broken handshake
    fingerprint_mismatch,  // the peer's certificate is not the one of its description
    malformed_rtp,
    malformed_rtcp,
    wrong_source,      // not the nominated, validated or latched peer
    no_keys,           // SRTP before the keys are there
    authentication,    // the tag is wrong
    replayed,          // seen before, or older than the window
    key_exhausted,     // RFC 3711 section 9.2: the key has protected all it may
    too_many_streams,  // SSRCs of one transport
    no_destination,    // nowhere to send yet
    consent_expired,   // RFC 7675: the peer no longer wants it
};
inline constexpr std::size_t kDrops = 21;
std::string_view to_text(Drop drop);

using DropCounts = std::array<std::uint32_t, kDrops>;

}  // namespace viaduct::media_relay
