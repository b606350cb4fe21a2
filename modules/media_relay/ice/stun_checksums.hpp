// stun_checksums: the two sums over a STUN message (RFC 8489 sections 14.5 and 14.7).
//
// Both take the message up to the attribute that will hold them, and count in the length field as if it ended there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "packet/datagram.hpp"

namespace viaduct::media_relay {

inline constexpr std::size_t kStunIntegrity = 20;  // HMAC-SHA1

std::array<std::uint8_t, kStunIntegrity> stun_integrity(Bytes message, std::string_view password);
std::uint32_t stun_fingerprint(Bytes message);

}  // namespace viaduct::media_relay
