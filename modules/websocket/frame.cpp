// frame: see frame.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "frame.hpp"

#include <algorithm>

namespace viaduct::websocket {
namespace {

constexpr std::size_t kMaskSize = 4;

bool is_known(unsigned opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

}  // namespace

FrameReader::Event FrameReader::refuse(const char* fault) {
    fault_ = fault;
    state_ = State::fault;
    return Event::fault;
}

// As far as its bytes tell.
std::size_t FrameReader::header_size() const {
    if (have_ < 2) return 2;
    const unsigned length = header_[1] & 0x7fU;
    return 2 + kMaskSize + (length == 126 ? 2 : length == 127 ? 8 : 0);
}

// Each fault is found at the first byte that shows it, so that no bytes are waited for in vain.
FrameReader::Event FrameReader::take(std::string_view& bytes) {
    if (state_ == State::fault) return Event::fault;
    if (state_ == State::payload) {
        if (left_ == 0) {
            state_ = State::header;
            have_ = 0;
            payload_ = {};
            return Event::end;
        }
        if (bytes.empty()) return Event::need_more;
        payload_.assign(bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()))));
        bytes.remove_prefix(payload_.size());
        left_ -= payload_.size();
        const std::uint8_t* mask = header_.data() + header_size() - kMaskSize;
        for (char& c : payload_) c = static_cast<char>(static_cast<std::uint8_t>(c) ^ mask[mask_at_++ & 3]);
        mask_at_ &= 3;
        return Event::payload;
    }
    while (!bytes.empty()) {
        header_[have_++] = static_cast<std::uint8_t>(bytes.front());
        bytes.remove_prefix(1);
        if (have_ == 1 && (header_[0] & 0x70) != 0) return refuse("reserved bit");  // no extension was agreed
        if (have_ == 1 && !is_known(header_[0] & 0x0fU)) return refuse("unknown opcode");
        if (have_ == 2 && (header_[1] & 0x80) == 0) return refuse("not masked");  // section 5.1
        const bool control = (header_[0] & 0x08) != 0;
        if (have_ == 2 && control && (header_[0] & 0x80) == 0) return refuse("fragmented control frame");
        if (have_ == 2 && control && (header_[1] & 0x7f) > 125) return refuse("long control frame");
        if (have_ == header_size()) return end_header();
    }
    return Event::need_more;
}

FrameReader::Event FrameReader::end_header() {
    final_ = (header_[0] & 0x80) != 0;
    opcode_ = static_cast<Opcode>(header_[0] & 0x0f);
    const std::size_t extended = header_size() - kMaskSize - 2;
    length_ = extended == 0 ? header_[1] & 0x7fU : 0;
    for (std::size_t i = 0; i < extended; ++i) length_ = length_ << 8 | header_[2 + i];
    // Section 5.2: the shortest form, and the highest bit of 64 is zero.
    if ((extended == 2 && length_ < 126) || (extended == 8 && length_ <= 0xffff)) return refuse("length not minimal");
    if (length_ >> 63 != 0) return refuse("length above 63 bits");
    left_ = length_;
    mask_at_ = 0;
    state_ = State::payload;
    return Event::header;
}

void write_frame_header(Opcode opcode, std::uint64_t length, std::string& to) {
    to += static_cast<char>(0x80U | static_cast<unsigned>(opcode));
    if (length < 126) {
        to += static_cast<char>(length);
        return;
    }
    const int bytes = length <= 0xffff ? 2 : 8;
    to += static_cast<char>(bytes == 2 ? 126 : 127);
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) to += static_cast<char>(length >> shift & 0xff);
}

void write_frame(Opcode opcode, std::string_view payload, std::string& to) {
    write_frame_header(opcode, payload.size(), to);
    to.append(payload);
}

std::string close_payload(CloseCode code, std::string_view reason) {
    if (code == CloseCode::no_status) return {};
    const auto number = static_cast<unsigned>(code);
    std::string payload{static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
    return payload.append(reason.substr(0, 123));
}

bool is_valid_close_code(unsigned code) {
    if (code >= 3000 && code <= 4999) return true;  // registered, and private
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

}  // namespace viaduct::websocket
