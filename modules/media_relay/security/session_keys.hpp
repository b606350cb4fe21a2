// session_keys: what SRTP derives from a master key (RFC 3711 section 4.3, RFC 6188 section 3, RFC 7714 section 11).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "security/srtp_suite.hpp"

namespace viaduct::media_relay {

struct SessionKeys {
    SrtpSuite suite = SrtpSuite::aes_cm_128_hmac_sha1_80;
    std::array<std::uint8_t, 32> cipher_key{};          // as many as the suite's key has
    std::array<std::uint8_t, 14> salt{};                // 12 of them with GCM
    std::array<std::uint8_t, 20> authentication_key{};  // of HMAC-SHA1; not with GCM
};

// Without a key derivation rate: once for all packets. Throws std::runtime_error when OpenSSL cannot.
SessionKeys derive_session_keys(const SrtpKeying& keying, bool rtcp);

}  // namespace viaduct::media_relay
