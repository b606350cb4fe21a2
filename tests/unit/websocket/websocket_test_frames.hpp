// websocket_test_frames: frames as a client sends them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "simulation/client_frame.hpp"

namespace viaduct::websocket {

using simulation::client_frame;

inline std::string text_frame(std::string_view payload) { return client_frame(0x81, payload); }
inline std::string binary_frame(std::string_view payload) { return client_frame(0x82, payload); }
inline std::string ping_frame(std::string_view payload) { return client_frame(0x89, payload); }
inline std::string close_frame(unsigned code, std::string_view reason = {}) {
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    return client_frame(0x88, payload.append(reason));
}

// What a server sent: "text:hello", "close:1002 not masked", "ping:", ...
inline std::string describe_frames(std::string_view bytes) {
    std::string text;
    while (bytes.size() >= 2) {
        const auto byte = [&](std::size_t at) {
            return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at]));
        };
        const unsigned opcode = static_cast<unsigned>(byte(0) & 0x0f);
        std::size_t length = byte(1), header = 2;
        if (length == 126) {
            length = byte(2) << 8 | byte(3);
            header = 4;
        } else if (length == 127) {
            length = byte(6) << 24 | byte(7) << 16 | byte(8) << 8 | byte(9);
            header = 10;
        }
        const auto payload = bytes.substr(header, length);
        if (!text.empty()) text += ' ';
        const bool plain = (byte(0) & 0xf0) == 0x80;  // FIN, nothing reserved
        text += !plain         ? "odd"
                : opcode == 1  ? "text"
                : opcode == 2  ? "binary"
                : opcode == 8  ? "close"
                : opcode == 9  ? "ping"
                : opcode == 10 ? "pong"
                               : "odd";
        text += ':';
        if (opcode == 8 && payload.size() >= 2) {
            text +=
                std::to_string(static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]));
        } else {
            text += payload;
        }
        bytes.remove_prefix(header + length);
    }
    return text + std::string{bytes};
}

}  // namespace viaduct::websocket
