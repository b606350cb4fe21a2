// silence: see silence.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay/silence.hpp"

#include <algorithm>

#include "packet/rtp_header.hpp"

namespace viaduct::media_relay {

bool silence_payload(std::span<std::uint8_t> packet) {
    constexpr std::uint8_t kPcmu = 0, kPcma = 8;
    const auto header = parse_rtp(packet);
    if (!header || (header->payload_type != kPcmu && header->payload_type != kPcma)) return false;
    const std::uint8_t zero = header->payload_type == kPcmu ? 0xff : 0xd5;
    const auto payload = packet.subspan(header->header_size, header->payload_size);
    std::fill(payload.begin(), payload.end(), zero);
    return true;
}

}  // namespace viaduct::media_relay
