// websocket_client: a browser's side of SIP over WebSocket (RFC 6455, RFC 7118): handshake, masked frames, pongs.
//
// For phones on the simulated network: it believes what the server says. No I/O: bytes in, bytes out.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::simulation {

class WebSocketClient {
public:
    struct Heard {
        std::string to_server;              // pongs, and what waited for the handshake
        std::vector<std::string> messages;  // whole ones
        std::vector<std::string> words;     // "ping", "pong", "close 1001", and "http 403" where it was refused
    };

    // What to write for this message: first of all the handshake, which later messages wait for.
    std::string send(std::string_view message);
    Heard receive(std::string_view bytes);

private:
    bool take_answer(Heard& heard);
    bool take_frame(Heard& heard);

    enum class State : std::uint8_t { fresh, asked, open, refused };
    State state_ = State::fresh;
    std::string received_;
    std::string waiting_;  // frames
};

}  // namespace viaduct::simulation
