// crypto_attribute: see crypto_attribute.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "sdp/crypto_attribute.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "sdp/sdp_text.hpp"

namespace viaduct::media_relay {
namespace {

constexpr std::size_t kLongestBase64 = (kLongestSrtpKeying + 2) / 3 * 4;

// Padding may be missing.
bool decode_base64(std::string_view text, std::size_t size, std::uint8_t* out) {
    while (text.ends_with('=')) text.remove_suffix(1);
    if (text.size() != (size * 4 + 2) / 3) return false;
    unsigned char padded[kLongestBase64 + 1];
    std::copy(text.begin(), text.end(), padded);
    const std::size_t whole = (text.size() + 3) / 4 * 4;
    std::fill(padded + text.size(), padded + whole, '=');
    unsigned char bytes[kLongestBase64];
    if (EVP_DecodeBlock(bytes, padded, static_cast<int>(whole)) < 0) return false;
    std::copy_n(bytes, size, out);
    return true;
}

}  // namespace

std::optional<CryptoAttribute> CryptoAttribute::parse(std::string_view value) {
    constexpr std::string_view kInline{"inline:"};
    const auto words = words_of(value);
    if (words.size() != 3 || !words[2].starts_with(kInline)) return std::nullopt;
    const auto tag = number_of(words[0], 999'999'999);
    const auto suite = srtp_suite_from_text(words[1]);
    if (!tag || !suite) return std::nullopt;
    std::string_view key = words[2].substr(kInline.size());
    if (key.find_first_of(";:") != std::string_view::npos) return std::nullopt;  // several keys, or a key index
    key = key.substr(0, std::min(key.find('|'), key.size()));                    // "|2^31": a lifetime
    CryptoAttribute attribute{*tag, {.suite = *suite}};
    if (!decode_base64(key, facts_of(*suite).keying_size(), attribute.keying.bytes.data())) return std::nullopt;
    return attribute;
}

std::string CryptoAttribute::text() const {
    unsigned char base64[kLongestBase64 + 1];
    const SrtpSuiteFacts& facts = facts_of(keying.suite);
    const int size = EVP_EncodeBlock(base64, keying.bytes.data(), static_cast<int>(facts.keying_size()));
    std::string_view key{reinterpret_cast<const char*>(base64), static_cast<std::size_t>(size)};
    while (key.ends_with('=')) key.remove_suffix(1);  // RFC 4568 section 6.1 allows both; peers in the field write none
    return fmt::format("{} {} inline:{}", tag, facts.name, key);
}

CryptoAttribute CryptoAttribute::make(std::uint32_t tag, SrtpSuite suite) {
    CryptoAttribute attribute{tag, {.suite = suite}};
    if (RAND_bytes(attribute.keying.bytes.data(), static_cast<int>(facts_of(suite).keying_size())) != 1) {
        throw std::runtime_error{"OpenSSL has no random bytes"};
    }
    return attribute;
}

}  // namespace viaduct::media_relay
