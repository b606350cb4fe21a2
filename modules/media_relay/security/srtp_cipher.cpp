// srtp_cipher: see srtp_cipher.hpp.
// SPDX-License-Identifier: Apache-2.0

// OpenSSL 3's EVP_MAC copies its state by allocating for each packet; SHA1_Update and its like are deprecated, not
// gone.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "security/srtp_cipher.hpp"

#include <algorithm>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <viaduct/openssl.hpp>

namespace viaduct::media_relay {
namespace {

constexpr std::size_t kShaBlock = 64;

const EVP_CIPHER* cipher_of(SrtpSuite suite) {
    switch (suite) {
        case SrtpSuite::aead_aes_128_gcm: return EVP_aes_128_gcm();
        case SrtpSuite::aead_aes_256_gcm: return EVP_aes_256_gcm();
        case SrtpSuite::aes_cm_128_hmac_sha1_80:
        case SrtpSuite::aes_cm_128_hmac_sha1_32: break;
    }
    return EVP_aes_128_ctr();
}

}  // namespace

// RFC 2104: the states after the two padded keys.
struct SrtpCipher::Hmac {
    SHA_CTX inner, outer;

    explicit Hmac(std::span<const std::uint8_t, 20> key) {
        begin(inner, key, 0x36);
        begin(outer, key, 0x5c);
    }
    static void begin(SHA_CTX& state, std::span<const std::uint8_t, 20> key, std::uint8_t pad) {
        std::array<std::uint8_t, kShaBlock> block;
        block.fill(pad);
        for (std::size_t i = 0; i < key.size(); ++i) block[i] = static_cast<std::uint8_t>(block[i] ^ key[i]);
        SHA1_Init(&state);
        SHA1_Update(&state, block.data(), block.size());
    }
};

SrtpCipher::SrtpCipher(const SessionKeys& keys, bool encrypts) : context_{EVP_CIPHER_CTX_new()} {
    const bool aead = facts_of(keys.suite).is_aead();
    if (context_ == nullptr || EVP_CipherInit_ex(context_, cipher_of(keys.suite), nullptr, keys.cipher_key.data(),
                                                 nullptr, encrypts || !aead ? 1 : 0) != 1) {
        EVP_CIPHER_CTX_free(context_);
        throw std::runtime_error{"a cipher for SRTP: " + take_openssl_error()};
    }
    if (!aead) hmac_ = std::make_unique<Hmac>(keys.authentication_key);
}

SrtpCipher::~SrtpCipher() { EVP_CIPHER_CTX_free(context_); }

bool SrtpCipher::apply_keystream(std::span<const std::uint8_t, 16> counter, std::span<std::uint8_t> bytes) {
    int size = 0;
    return EVP_EncryptInit_ex(context_, nullptr, nullptr, nullptr, counter.data()) == 1 &&
           EVP_EncryptUpdate(context_, bytes.data(), &size, bytes.data(), static_cast<int>(bytes.size())) == 1;
}

std::array<std::uint8_t, 20> SrtpCipher::authenticate(Bytes first, Bytes second) const {
    std::array<std::uint8_t, 20> sum;
    SHA_CTX state = hmac_->inner;
    SHA1_Update(&state, first.data(), first.size());
    SHA1_Update(&state, second.data(), second.size());
    SHA1_Final(sum.data(), &state);
    state = hmac_->outer;
    SHA1_Update(&state, sum.data(), sum.size());
    SHA1_Final(sum.data(), &state);
    return sum;
}

bool SrtpCipher::begin(std::span<const std::uint8_t, 12> nonce, Bytes associated, Bytes more) {
    int size = 0;
    if (EVP_CipherInit_ex(context_, nullptr, nullptr, nullptr, nonce.data(), -1) != 1) return false;
    for (const Bytes part : {associated, more}) {
        if (part.empty()) continue;
        if (EVP_CipherUpdate(context_, nullptr, &size, part.data(), static_cast<int>(part.size())) != 1) return false;
    }
    return true;
}

bool SrtpCipher::seal(std::span<const std::uint8_t, 12> nonce, Bytes associated, Bytes more,
                      std::span<std::uint8_t> bytes, std::uint8_t* tag) {
    int size = 0;
    return begin(nonce, associated, more) &&
           EVP_EncryptUpdate(context_, bytes.data(), &size, bytes.data(), static_cast<int>(bytes.size())) == 1 &&
           EVP_EncryptFinal_ex(context_, tag, &size) == 1 &&
           EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1;
}

bool SrtpCipher::open(std::span<const std::uint8_t, 12> nonce, Bytes associated, Bytes more,
                      std::span<std::uint8_t> bytes, const std::uint8_t* tag) {
    int size = 0;
    std::array<std::uint8_t, 16> expected, rest;
    std::copy_n(tag, expected.size(), expected.begin());
    return begin(nonce, associated, more) &&
           EVP_DecryptUpdate(context_, bytes.data(), &size, bytes.data(), static_cast<int>(bytes.size())) == 1 &&
           EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, 16, expected.data()) == 1 &&
           EVP_DecryptFinal_ex(context_, rest.data(), &size) == 1;
}

}  // namespace viaduct::media_relay
