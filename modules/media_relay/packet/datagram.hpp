// datagram: the bytes of one packet in a buffer that is changed in place, and what kind of packet they are.
//
// The buffer belongs to the thread that received it. What grows a packet (SRTP's tag, RFC 3711 section 3.1) needs room
// behind it: kTailroom is enough for every suite.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace viaduct::media_relay {

using Bytes = std::span<const std::uint8_t>;

struct Datagram {
    std::uint8_t* data = nullptr;
    std::size_t size = 0;
    std::size_t capacity = 0;  // from data on; what lies between size and capacity is free

    Bytes bytes() const { return {data, size}; }
    std::size_t tailroom() const { return capacity - size; }
};

inline constexpr std::size_t kTailroom = 48;
inline constexpr std::size_t kLargestDatagram = 2048;  // nothing longer is relayed

enum class PacketKind : std::uint8_t { stun, dtls, rtp, rtcp, unknown };

// By the first byte, and for RTP by the second (RFC 7983 section 7, RFC 5761 section 4).
PacketKind kind_of(Bytes packet);

}  // namespace viaduct::media_relay
