// srtp_cipher: the ciphers of SRTP under one set of session keys, by OpenSSL: AES in counter mode with HMAC-SHA1, or
// AES-GCM.
//
// Knows nothing of packets. Key schedules and the inner and outer state of the HMAC are made once; a packet costs one
// pass of the cipher and one of the hash, and allocates nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "packet/datagram.hpp"
#include "security/session_keys.hpp"

struct evp_cipher_ctx_st;

namespace viaduct::media_relay {

class SrtpCipher {
public:
    // Throws std::runtime_error when OpenSSL cannot.
    SrtpCipher(const SessionKeys& keys, bool encrypts);
    ~SrtpCipher();
    SrtpCipher(const SrtpCipher&) = delete;
    SrtpCipher& operator=(const SrtpCipher&) = delete;

    // Counter mode: the same in both directions.
    bool apply_keystream(std::span<const std::uint8_t, 16> counter, std::span<std::uint8_t> bytes);
    // HMAC-SHA1 of the two parts.
    std::array<std::uint8_t, 20> authenticate(Bytes first, Bytes second) const;

    // GCM with a tag of 16 bytes. `associated` is what is authenticated only, in two parts.
    bool seal(std::span<const std::uint8_t, 12> nonce, Bytes associated, Bytes more, std::span<std::uint8_t> bytes,
              std::uint8_t* tag);
    bool open(std::span<const std::uint8_t, 12> nonce, Bytes associated, Bytes more, std::span<std::uint8_t> bytes,
              const std::uint8_t* tag);

private:
    struct Hmac;
    bool begin(std::span<const std::uint8_t, 12> nonce, Bytes associated, Bytes more);

    evp_cipher_ctx_st* context_ = nullptr;
    std::unique_ptr<Hmac> hmac_;
};

}  // namespace viaduct::media_relay
