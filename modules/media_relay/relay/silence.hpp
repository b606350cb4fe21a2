// silence: makes a G.711 packet say nothing, for "silence media" (RFC 3551 sections 4.5.14).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace viaduct::media_relay {

// False: no format whose silence is known; the packet is unchanged and should not go out.
bool silence_payload(std::span<std::uint8_t> packet);

}  // namespace viaduct::media_relay
