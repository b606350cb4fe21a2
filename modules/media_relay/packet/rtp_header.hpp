// rtp_header: the fixed header of an RTP packet and where its parts lie (RFC 3550 section 5.1), with bounds checked.
//
// A value that keeps offsets into the packet, not pointers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "packet/datagram.hpp"

namespace viaduct::media_relay {

struct RtpHeader {
    std::uint32_t timestamp = 0, ssrc = 0;
    std::uint16_t sequence = 0;
    std::uint16_t header_size = 0;     // with CSRCs and header extension: where the payload begins
    std::uint16_t payload_size = 0;    // without padding
    std::uint16_t extension_at = 0;    // of the extension's 4-byte header; 0: there is none
    std::uint16_t extension_size = 0;  // of what follows those 4 bytes
    std::uint8_t payload_type = 0;
    std::uint8_t padding = 0;
    bool marker = false;
};

// Nothing when version, CSRC count, extension or padding do not fit the size.
std::optional<RtpHeader> parse_rtp(Bytes packet);
// For a packet whose padding is still encrypted (SRTP, RFC 3711 section 3.1): padding is not looked at.
std::optional<RtpHeader> parse_protected_rtp(Bytes packet);

// The element with that id (1..14 or 1..255), in either form of RFC 8285: mid, rid, transport-cc. Empty: none.
Bytes header_extension(Bytes packet, const RtpHeader& header, std::uint8_t id);

}  // namespace viaduct::media_relay
