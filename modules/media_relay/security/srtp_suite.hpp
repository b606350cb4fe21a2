// srtp_suite: the protection profiles of SRTP we speak (RFC 3711, RFC 7714), with the names and numbers SDES (RFC 4568
// section 6.2, RFC 7714 section 14.2) and DTLS-SRTP (RFC 5764 section 4.1.2) give them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace viaduct::media_relay {

enum class SrtpSuite : std::uint8_t {
    aes_cm_128_hmac_sha1_80,
    aes_cm_128_hmac_sha1_32,
    aead_aes_128_gcm,
    aead_aes_256_gcm,
};
inline constexpr std::size_t kSrtpSuites = 4;
inline constexpr std::size_t kLongestSrtpKeying = 32 + 14;

struct SrtpSuiteFacts {
    std::string_view name;                     // "AES_CM_128_HMAC_SHA1_80"
    std::uint16_t dtls_profile;                // RFC 5764 section 4.1.2, RFC 7714 section 14.2
    std::uint8_t key_size, salt_size;          // of the master key, bytes
    std::uint8_t rtp_tag_size, rtcp_tag_size;  // RFC 3711 section 5.2: 10 bytes for SRTCP even with _32

    constexpr bool is_aead() const { return salt_size == 12; }
    constexpr std::size_t keying_size() const { return std::size_t{key_size} + salt_size; }
};
const SrtpSuiteFacts& facts_of(SrtpSuite suite);
std::optional<SrtpSuite> srtp_suite_from_text(std::string_view name);
std::optional<SrtpSuite> srtp_suite_from_dtls_profile(std::uint16_t profile);

// Master key and master salt of one direction.
struct SrtpKeying {
    SrtpSuite suite = SrtpSuite::aes_cm_128_hmac_sha1_80;
    std::array<std::uint8_t, kLongestSrtpKeying> bytes{};  // key, then salt; keying_size() of them

    const std::uint8_t* key() const { return bytes.data(); }
    const std::uint8_t* salt() const { return bytes.data() + facts_of(suite).key_size; }
    bool operator==(const SrtpKeying&) const = default;
};

}  // namespace viaduct::media_relay
