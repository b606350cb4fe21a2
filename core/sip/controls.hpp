// controls: finds control characters eight octets at a time. The inner loop of indexing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace viaduct::sip {

// The first octet below 0x20 other than HTAB, or `end`.
inline const char* find_control(const char* p, const char* end) {
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    while (std::endian::native == std::endian::little && end - p >= 8) {
        std::uint64_t word;
        std::memcpy(&word, p, 8);
        const std::uint64_t hits = (word - kOnes * 0x20) & ~word & (kOnes * 0x80);  // lowest hit is exact
        if (hits == 0) {
            p += 8;
            continue;
        }
        p += std::countr_zero(hits) / 8;
        if (*p != '\t') return p;
        ++p;
    }
    for (; p != end; ++p) {
        if (static_cast<unsigned char>(*p) < 0x20 && *p != '\t') return p;
    }
    return end;
}

}  // namespace viaduct::sip
