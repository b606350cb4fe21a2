// peer_outcome: what came of one datagram, and the reasons for which one is dropped.
//
// Small values: nothing here allocates.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <viaduct/socket_address.hpp>

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

// What receive() made of a datagram.
struct Arrival {
    enum class Kind : std::uint8_t { consumed, rtp, rtcp, dropped };

    Kind kind = Kind::dropped;
    Drop reason = Drop::none;  // with dropped
    std::size_t size = 0;      // with rtp and rtcp: of the plain packet, at the datagram's first byte
};

// What protect() made of a packet.
struct Departure {
    Drop reason = Drop::none;  // none: send it
    std::uint8_t socket = 0;
    SocketAddress to{};
    std::size_t size = 0;  // of the protected packet

    explicit operator bool() const { return reason == Drop::none; }
};

}  // namespace viaduct::media_relay
