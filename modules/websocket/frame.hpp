// frame: frames of RFC 6455 section 5: the header a client sends, and what a server sends.
//
// FrameReader takes bytes in any pieces and gives each frame's header once and its payload, unmasked, as it comes. It
// knows what a single frame must be; what a sequence of frames may be is the layer's to judge.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace viaduct::websocket {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

constexpr bool is_control(Opcode opcode) { return static_cast<std::uint8_t>(opcode) >= 8; }

// RFC 6455 section 7.4.1, and what we use each for.
enum class CloseCode : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    unsupported_data = 1003,
    no_status = 1005,  // never on the wire
    invalid_payload = 1007,
    policy_violation = 1008,
    message_too_big = 1009,
};

class FrameReader {
public:
    enum class Event { need_more, header, payload, end, fault };

    // Takes from the front of `bytes` up to the next event. `payload` may come any number of times between `header` and
    // `end`.
    Event take(std::string_view& bytes);

    Opcode opcode() const { return opcode_; }
    bool final() const { return final_; }
    std::uint64_t length() const { return length_; }
    std::string_view payload() const { return payload_; }  // until the next take()
    const char* fault() const { return fault_; }           // always a protocol error, 1002
    bool begun() const { return have_ != 0 || state_ != State::header; }

private:
    enum class State : std::uint8_t { header, payload, fault };

    std::size_t header_size() const;
    Event end_header();
    Event refuse(const char* fault);

    std::string payload_;
    std::uint64_t length_ = 0, left_ = 0;
    const char* fault_ = "";
    std::array<std::uint8_t, 14> header_{};
    std::uint8_t have_ = 0;  // bytes of it
    std::uint8_t mask_at_ = 0;
    State state_ = State::header;
    Opcode opcode_ = Opcode::continuation;
    bool final_ = false;
};

// Appends a whole, unmasked, unfragmented frame (section 5.1).
void write_frame(Opcode opcode, std::string_view payload, std::string& to);
// Its header alone.
void write_frame_header(Opcode opcode, std::uint64_t length, std::string& to);
// "" for no_status.
std::string close_payload(CloseCode code, std::string_view reason);
// May a peer send that code (section 7.4)?
bool is_valid_close_code(unsigned code);

}  // namespace viaduct::websocket
