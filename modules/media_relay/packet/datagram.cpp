// datagram: see datagram.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "packet/datagram.hpp"

namespace viaduct::media_relay {

PacketKind kind_of(Bytes packet) {
    if (packet.size() < 2) return PacketKind::unknown;
    const unsigned first = packet[0], second = packet[1];
    if (first <= 3) return PacketKind::stun;
    if (first >= 20 && first <= 63) return PacketKind::dtls;
    if (first < 128 || first > 191) return PacketKind::unknown;  // 64..79 are TURN channels, which are not for us
    // RFC 5761 section 4: RTCP types 192..223 are RTP's payload types 64..95 with the marker set, which nobody uses.
    return second >= 192 && second <= 223 ? PacketKind::rtcp : PacketKind::rtp;
}

}  // namespace viaduct::media_relay
