// websocket_client: see websocket_client.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "simulation/websocket_client.hpp"

#include <utility>

#include "simulation/client_frame.hpp"

namespace viaduct::simulation {

namespace {

constexpr std::string_view kHandshake =
    "GET /ws HTTP/1.1\r\nHost: example.test:8080\r\nOrigin: https://phone.example.test\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Protocol: sip\r\n\r\n";

// FIN and opcode (RFC 6455 section 5.2).
constexpr unsigned kText = 0x81, kClose = 0x88, kPing = 0x89, kPong = 0x8a;

unsigned byte(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

}  // namespace

std::string WebSocketClient::send(std::string_view message) {
    std::string frame = client_frame(kText, message);
    if (state_ == State::open) return frame;
    waiting_ += frame;
    if (state_ != State::fresh) return {};
    state_ = State::asked;
    return std::string{kHandshake};
}

WebSocketClient::Heard WebSocketClient::receive(std::string_view bytes) {
    Heard heard;
    received_.append(bytes);
    if (state_ == State::asked && !take_answer(heard)) return heard;
    while (state_ == State::open && take_frame(heard)) {
    }
    return heard;
}

bool WebSocketClient::take_answer(Heard& heard) {
    const auto end = received_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string status = received_.substr(received_.find(' ') + 1, 3);
    state_ = status == "101" ? State::open : State::refused;
    if (state_ == State::refused) heard.words.push_back("http " + status);
    if (state_ == State::open) heard.to_server = std::exchange(waiting_, {});
    received_.erase(0, end + 4);
    return true;
}

// Servers do not mask, and ours does not fragment.
bool WebSocketClient::take_frame(Heard& heard) {
    if (received_.size() < 2) return false;
    std::size_t length = byte(received_, 1), header = 2;
    if (length >= 126) {
        header += length == 126 ? 2 : 8;
        if (received_.size() < header) return false;
        length = 0;
        for (std::size_t at = 2; at < header; ++at) length = length << 8 | byte(received_, at);
    }
    if (received_.size() - header < length) return false;
    const unsigned first = byte(received_, 0);
    std::string payload = received_.substr(header, length);
    received_.erase(0, header + length);
    if (first == kPing) {
        heard.words.emplace_back("ping");
        heard.to_server += client_frame(kPong, payload);
    } else if (first == kPong) {
        heard.words.emplace_back("pong");
    } else if (first == kClose) {
        const bool has_code = payload.size() >= 2;
        heard.words.push_back(has_code ? "close " + std::to_string(byte(payload, 0) << 8 | byte(payload, 1)) : "close");
    } else {
        heard.messages.push_back(std::move(payload));
    }
    return true;
}

}  // namespace viaduct::simulation
