// utf8_check: the ranges of RFC 3629 section 4: no overlong form, no surrogate, nothing above U+10FFFF.
// SPDX-License-Identifier: Apache-2.0
#include "utf8_check.hpp"

namespace viaduct::websocket {

bool Utf8Check::begin(std::uint8_t byte) {
    if (byte < 0x80) return true;
    low_ = 0x80;
    high_ = 0xbf;
    if (byte >= 0xc2 && byte <= 0xdf) {
        missing_ = 1;
    } else if (byte >= 0xe0 && byte <= 0xef) {
        missing_ = 2;
        if (byte == 0xe0) low_ = 0xa0;
        if (byte == 0xed) high_ = 0x9f;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
        missing_ = 3;
        if (byte == 0xf0) low_ = 0x90;
        if (byte == 0xf4) high_ = 0x8f;
    } else {
        return false;
    }
    return true;
}

bool Utf8Check::add(std::string_view bytes) {
    for (const char c : bytes) {
        if (!valid_) break;
        const auto byte = static_cast<std::uint8_t>(c);
        if (missing_ == 0) {
            valid_ = begin(byte);
            continue;
        }
        valid_ = byte >= low_ && byte <= high_;
        low_ = 0x80;
        high_ = 0xbf;
        --missing_;
    }
    return valid_;
}

}  // namespace viaduct::websocket
