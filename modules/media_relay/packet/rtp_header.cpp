// rtp_header: see rtp_header.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "packet/rtp_header.hpp"

#include "packet/byte_order.hpp"

namespace viaduct::media_relay {
namespace {

constexpr std::size_t kFixedHeader = 12;
constexpr unsigned kOneByteProfile = 0xbede;  // RFC 8285 section 4.2
constexpr unsigned kTwoByteProfile = 0x1000;  // section 4.3: the low four bits are free

}  // namespace

std::optional<RtpHeader> parse_protected_rtp(Bytes packet) {
    if (packet.size() < kFixedHeader || packet.size() > kLargestDatagram || packet[0] >> 6 != 2) return std::nullopt;
    RtpHeader header;
    std::size_t size = kFixedHeader + std::size_t{4} * (packet[0] & 0x0fU);
    if ((packet[0] & 0x10) != 0) {
        if (packet.size() < size + 4) return std::nullopt;
        header.extension_at = static_cast<std::uint16_t>(size);
        header.extension_size = static_cast<std::uint16_t>(4U * read_16(&packet[size + 2]));
        size += std::size_t{4} + 4U * read_16(&packet[size + 2]);
    }
    if (packet.size() < size) return std::nullopt;
    header.header_size = static_cast<std::uint16_t>(size);
    header.payload_size = static_cast<std::uint16_t>(packet.size() - size);
    header.marker = (packet[1] & 0x80) != 0;
    header.payload_type = packet[1] & 0x7f;
    header.sequence = read_16(&packet[2]);
    header.timestamp = read_32(&packet[4]);
    header.ssrc = read_32(&packet[8]);
    return header;
}

std::optional<RtpHeader> parse_rtp(Bytes packet) {
    auto header = parse_protected_rtp(packet);
    if (!header || (packet[0] & 0x20) == 0) return header;
    const std::uint8_t padding = packet.back();  // counts itself
    if (padding == 0 || padding > header->payload_size) return std::nullopt;
    header->padding = padding;
    header->payload_size = static_cast<std::uint16_t>(header->payload_size - padding);
    return header;
}

Bytes header_extension(Bytes packet, const RtpHeader& header, std::uint8_t id) {
    if (header.extension_at == 0 || id == 0) return {};
    const unsigned profile = read_16(&packet[header.extension_at]);
    const bool one_byte = profile == kOneByteProfile;
    if (!one_byte && (profile & 0xfff0) != kTwoByteProfile) return {};
    Bytes rest = packet.subspan(header.extension_at + std::size_t{4}, header.extension_size);
    while (!rest.empty()) {
        if (rest[0] == 0) {  // padding
            rest = rest.subspan(1);
            continue;
        }
        const unsigned element = one_byte ? rest[0] >> 4 : rest[0];
        if (one_byte && element == 15) return {};  // section 4.2: what follows is not to be read
        if (!one_byte && rest.size() < 2) return {};
        const std::size_t size = one_byte ? (rest[0] & 0x0fU) + std::size_t{1} : rest[1];
        rest = rest.subspan(one_byte ? 1 : 2);
        if (rest.size() < size) return {};
        if (element == id) return rest.first(size);
        rest = rest.subspan(size);
    }
    return {};
}

}  // namespace viaduct::media_relay
