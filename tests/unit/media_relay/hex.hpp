// hex: bytes written as hexadecimal text, as RFCs print them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::media_relay {

// Anything but hexadecimal digits is skipped.
inline std::vector<std::uint8_t> from_hex(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    int half = -1;
    for (const char c : text) {
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) continue;
        if (half >= 0) bytes.push_back(static_cast<std::uint8_t>(half << 4 | digit));
        half = half >= 0 ? -1 : digit;
    }
    return bytes;
}

}  // namespace viaduct::media_relay
