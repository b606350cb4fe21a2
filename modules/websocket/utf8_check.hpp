// utf8_check: is a text that comes in pieces UTF-8 (RFC 3629)? As RFC 6455 section 8.1 asks of text messages.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace viaduct::websocket {

class Utf8Check {
public:
    // False as soon as no continuation can make it UTF-8; from then on always.
    bool add(std::string_view bytes);
    // The text ends here: no character is half.
    bool complete() const { return missing_ == 0 && valid_; }

private:
    bool begin(std::uint8_t byte);

    std::uint8_t missing_ = 0;               // continuation bytes of the character under way
    std::uint8_t low_ = 0x80, high_ = 0xbf;  // what the next one may be
    bool valid_ = true;
};

inline bool is_utf8(std::string_view text) {
    Utf8Check check;
    return check.add(text) && check.complete();
}

}  // namespace viaduct::websocket
