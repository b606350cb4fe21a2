// session_keys: see session_keys.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "security/session_keys.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>

#include <viaduct/openssl.hpp>

namespace viaduct::media_relay {
namespace {

// Section 4.3.2: the labels of SRTP's key, authentication key and salt; SRTCP's are three higher.
constexpr unsigned kCipherLabel = 0, kAuthenticationLabel = 1, kSaltLabel = 2, kRtcpLabels = 3;

// Section 4.3.3: AES in counter mode under the master key, begun at the label and the master salt.
void derive(const SrtpKeying& keying, unsigned label, std::span<std::uint8_t> to) {
    const SrtpSuiteFacts& facts = facts_of(keying.suite);
    std::array<std::uint8_t, 16> counter{};
    std::copy_n(keying.salt(), facts.salt_size, counter.begin());
    counter[7] = static_cast<std::uint8_t>(counter[7] ^ label);
    std::fill(to.begin(), to.end(), std::uint8_t{0});
    const std::unique_ptr<EVP_CIPHER_CTX, FreeBy<EVP_CIPHER_CTX_free>> context{EVP_CIPHER_CTX_new()};
    const EVP_CIPHER* cipher = facts.key_size == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    int size = 0;
    if (!context || EVP_EncryptInit_ex(context.get(), cipher, nullptr, keying.key(), counter.data()) != 1 ||
        EVP_EncryptUpdate(context.get(), to.data(), &size, to.data(), static_cast<int>(to.size())) != 1) {
        throw std::runtime_error{"session keys for SRTP: " + take_openssl_error()};
    }
}

}  // namespace

SessionKeys derive_session_keys(const SrtpKeying& keying, bool rtcp) {
    const SrtpSuiteFacts& facts = facts_of(keying.suite);
    const unsigned first = rtcp ? kRtcpLabels : 0;
    SessionKeys keys;
    keys.suite = keying.suite;
    derive(keying, first + kCipherLabel, std::span{keys.cipher_key}.first(facts.key_size));
    derive(keying, first + kSaltLabel, std::span{keys.salt}.first(facts.salt_size));
    if (!facts.is_aead()) derive(keying, first + kAuthenticationLabel, keys.authentication_key);
    return keys;
}

}  // namespace viaduct::media_relay
