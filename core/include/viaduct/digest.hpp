// viaduct/digest: the hash functions of digest authentication (RFC 7616, RFC 8760), a keyed hash and randomness.
//
// Algorithms are fetched from OpenSSL once per process; each thread keeps one context per algorithm, so a hash of a
// short text costs well under a microsecond and allocates nothing. Any thread. Throws std::runtime_error only when the
// OpenSSL at hand lacks an algorithm or has no randomness.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct {

enum class DigestAlgorithm : std::uint8_t { md5, sha256, sha512_256 };
inline constexpr std::size_t kDigestAlgorithms = 3;

// "MD5", "SHA-256", "SHA-512-256" (RFC 8760 section 2.1).
std::string_view to_text(DigestAlgorithm algorithm);
// Any case; nullopt for others, the "-sess" variants too.
std::optional<DigestAlgorithm> digest_algorithm_from_text(std::string_view text);
constexpr std::size_t digest_size(DigestAlgorithm algorithm) { return algorithm == DigestAlgorithm::md5 ? 16 : 32; }

struct RawDigest {
    std::array<std::uint8_t, 32> bytes{};
    std::uint8_t size = 0;

    std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), size}; }
};

// A digest in lower-case hexadecimal, as it travels in SIP and is stored in columns ha1, ha1b, ...
class HexDigest {
public:
    HexDigest() = default;
    explicit HexDigest(const RawDigest& raw);
    std::string_view view() const { return {text_.data(), size_}; }
    operator std::string_view() const { return view(); }
    std::string text() const { return std::string{view()}; }

private:
    std::array<char, 64> text_{};
    std::uint8_t size_ = 0;
};

// The hash of the pieces as if they were one text.
RawDigest digest_raw(DigestAlgorithm algorithm, std::initializer_list<std::string_view> pieces);
HexDigest digest_hex(DigestAlgorithm algorithm, std::initializer_list<std::string_view> pieces);
// nullopt unless `hex` is exactly a digest of that algorithm; either case.
std::optional<RawDigest> digest_from_hex(DigestAlgorithm algorithm, std::string_view hex);

// H(user:realm:password), RFC 7616 section 3.4.2: what a subscriber's ha1 columns hold.
HexDigest digest_ha1(DigestAlgorithm algorithm, std::string_view user, std::string_view realm,
                     std::string_view password);
// H(method:uri), RFC 7616 section 3.4.3 for qop=auth.
HexDigest digest_ha2(DigestAlgorithm algorithm, std::string_view method, std::string_view uri);
// H(ha1:nonce:nc:cnonce:auth:ha2), RFC 7616 section 3.4.1 for qop=auth.
HexDigest digest_response(DigestAlgorithm algorithm, std::string_view ha1, std::string_view nonce, std::string_view nc,
                          std::string_view cnonce, std::string_view ha2);

// HMAC-SHA-256 (RFC 2104) under one key.
class MacKey {
public:
    explicit MacKey(std::string_view secret);
    RawDigest mac(std::initializer_list<std::string_view> pieces) const;

private:
    std::array<char, 64> inner_{}, outer_{};  // the key XOR ipad, XOR opad
};

// 20 bytes. For formats that prescribe it (RFC 6455 section 4.2.2) and nothing that has to be secure.
RawDigest sha1(std::string_view text);
std::string base64(std::string_view bytes);  // RFC 4648 section 4

// Takes the same time wherever the texts differ; texts of different length are unequal at once.
bool constant_time_equal(std::string_view a, std::string_view b);

void random_bytes(void* to, std::size_t count);
std::string random_hex(std::size_t bytes);  // twice as many characters
std::uint64_t random_u64();

}  // namespace viaduct
