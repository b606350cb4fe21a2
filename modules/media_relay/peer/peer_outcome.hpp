// peer_outcome: what came of one datagram.
//
// Small values: nothing here allocates.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <viaduct/socket_address.hpp>

#include "packet/drop.hpp"
#include "packet/rtp_header.hpp"

namespace viaduct::media_relay {

// What receive() made of a datagram.
struct Arrival {
    enum class Kind : std::uint8_t { consumed, rtp, rtcp, dropped };

    Kind kind = Kind::dropped;
    Drop reason = Drop::none;  // with dropped
    std::size_t size = 0;      // with rtp and rtcp: of the plain packet, at the datagram's first byte
    RtpHeader rtp;             // with rtp

    explicit operator bool() const { return kind == Kind::rtp || kind == Kind::rtcp; }
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
