// byte_order: numbers in network byte order, read and written where they lie. The caller has checked the bounds.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace viaduct::media_relay {

inline std::uint16_t read_16(const std::uint8_t* from) {
    return static_cast<std::uint16_t>(std::uint32_t{from[0]} << 8 | from[1]);
}
inline std::uint32_t read_24(const std::uint8_t* from) {
    return std::uint32_t{from[0]} << 16 | std::uint32_t{from[1]} << 8 | from[2];
}
inline std::uint32_t read_32(const std::uint8_t* from) { return std::uint32_t{from[0]} << 24 | read_24(from + 1); }
inline std::uint64_t read_64(const std::uint8_t* from) {
    return std::uint64_t{read_32(from)} << 32 | read_32(from + 4);
}

inline void write_16(std::uint8_t* to, std::uint32_t value) {
    to[0] = static_cast<std::uint8_t>(value >> 8);
    to[1] = static_cast<std::uint8_t>(value);
}
inline void write_32(std::uint8_t* to, std::uint32_t value) {
    write_16(to, value >> 16);
    write_16(to + 2, value);
}
inline void write_64(std::uint8_t* to, std::uint64_t value) {
    write_32(to, static_cast<std::uint32_t>(value >> 32));
    write_32(to + 4, static_cast<std::uint32_t>(value));
}

}  // namespace viaduct::media_relay
