// client_frame: one WebSocket frame as a client sends it: masked (RFC 6455 sections 5.2 and 5.3).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace viaduct::simulation {

// The first byte (FIN, RSV, opcode) is sent as it is given, right or wrong.
inline std::string client_frame(unsigned first_byte, std::string_view payload) {
    std::string frame{static_cast<char>(first_byte)};
    if (payload.size() < 126) {
        frame += static_cast<char>(0x80 | payload.size());
    } else if (payload.size() <= 0xffff) {
        frame += {static_cast<char>(0x80 | 126), static_cast<char>(payload.size() >> 8),
                  static_cast<char>(payload.size() & 0xff)};
    } else {
        frame += static_cast<char>(0x80 | 127);
        for (int shift = 56; shift >= 0; shift -= 8) frame += static_cast<char>(payload.size() >> shift & 0xff);
    }
    const std::string_view mask{"\x37\xfa\x21\x3d", 4};
    frame += mask;
    for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ mask[i % 4]);
    return frame;
}

}  // namespace viaduct::simulation
