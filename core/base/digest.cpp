// digest: the hash functions of digest authentication (RFC 7616, RFC 8760) over OpenSSL's EVP.
//
// The only place of the signalling side that hashes passwords. See viaduct/digest.hpp for threads.
// SPDX-License-Identifier: Apache-2.0
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>

#include <viaduct/digest.hpp>

namespace viaduct {
namespace {

constexpr std::array<std::string_view, kDigestAlgorithms> kNames{"MD5", "SHA-256", "SHA-512-256"};
constexpr std::array<const char*, kDigestAlgorithms> kOpensslNames{"MD5", "SHA2-256", "SHA2-512/256"};

struct FreeAlgorithm {
    void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
};
struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Fetching takes locks inside OpenSSL and 1.4 microseconds, so it is done once per process.
const EVP_MD* algorithm_of(DigestAlgorithm algorithm) {
    using Fetched = std::array<std::unique_ptr<EVP_MD, FreeAlgorithm>, kDigestAlgorithms>;
    static const Fetched fetched = [] {
        Fetched all;
        for (std::size_t i = 0; i < all.size(); ++i) all[i].reset(EVP_MD_fetch(nullptr, kOpensslNames[i], nullptr));
        return all;
    }();
    const EVP_MD* found = fetched[static_cast<std::size_t>(algorithm)].get();
    if (found == nullptr) throw std::runtime_error("OpenSSL offers no " + std::string{to_text(algorithm)});
    return found;
}

// A context that already ran this algorithm starts again without allocating.
EVP_MD_CTX* context_of(DigestAlgorithm algorithm) {
    thread_local std::array<std::unique_ptr<EVP_MD_CTX, FreeContext>, kDigestAlgorithms> contexts;
    auto& context = contexts[static_cast<std::size_t>(algorithm)];
    if (!context) context.reset(EVP_MD_CTX_new());
    return context.get();
}

void require(int openssl_result) {
    if (openssl_result != 1) throw std::runtime_error("OpenSSL could not compute a hash");
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void write_hex(const std::uint8_t* bytes, std::size_t count, char* to) {
    static constexpr char kDigits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < count; ++i) {
        to[2 * i] = kDigits[bytes[i] >> 4];
        to[2 * i + 1] = kDigits[bytes[i] & 15];
    }
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const char lower = a[i] >= 'a' && a[i] <= 'z' ? static_cast<char>(a[i] - 'a' + 'A') : a[i];
        if (lower != b[i]) return false;
    }
    return true;
}

}  // namespace

std::string_view to_text(DigestAlgorithm algorithm) { return kNames[static_cast<std::size_t>(algorithm)]; }

std::optional<DigestAlgorithm> digest_algorithm_from_text(std::string_view text) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (same_ignoring_case(text, kNames[i])) return static_cast<DigestAlgorithm>(i);
    }
    return std::nullopt;
}

HexDigest::HexDigest(const RawDigest& raw) : size_{static_cast<std::uint8_t>(2 * raw.size)} {
    write_hex(raw.bytes.data(), raw.size, text_.data());
}

RawDigest digest_raw(DigestAlgorithm algorithm, std::initializer_list<std::string_view> pieces) {
    EVP_MD_CTX* context = context_of(algorithm);
    require(EVP_DigestInit_ex2(context, algorithm_of(algorithm), nullptr));
    for (std::string_view piece : pieces) require(EVP_DigestUpdate(context, piece.data(), piece.size()));
    RawDigest raw;
    unsigned size = 0;
    require(EVP_DigestFinal_ex(context, raw.bytes.data(), &size));
    raw.size = static_cast<std::uint8_t>(size);
    return raw;
}

RawDigest sha1(std::string_view text) {
    RawDigest digest;
    unsigned size = 0;
    require(EVP_Digest(text.data(), text.size(), digest.bytes.data(), &size, EVP_sha1(), nullptr));
    digest.size = static_cast<std::uint8_t>(size);
    return digest;
}

std::string base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // the library ends it with a NUL
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

HexDigest digest_hex(DigestAlgorithm algorithm, std::initializer_list<std::string_view> pieces) {
    return HexDigest{digest_raw(algorithm, pieces)};
}

std::optional<RawDigest> digest_from_hex(DigestAlgorithm algorithm, std::string_view hex) {
    RawDigest raw;
    raw.size = static_cast<std::uint8_t>(digest_size(algorithm));
    if (hex.size() != 2 * std::size_t{raw.size}) return std::nullopt;
    for (std::size_t i = 0; i < raw.size; ++i) {
        const int high = hex_value(hex[2 * i]);
        const int low = hex_value(hex[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        raw.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return raw;
}

HexDigest digest_ha1(DigestAlgorithm algorithm, std::string_view user, std::string_view realm,
                     std::string_view password) {
    return digest_hex(algorithm, {user, ":", realm, ":", password});
}

HexDigest digest_ha2(DigestAlgorithm algorithm, std::string_view method, std::string_view uri) {
    return digest_hex(algorithm, {method, ":", uri});
}

HexDigest digest_response(DigestAlgorithm algorithm, std::string_view ha1, std::string_view nonce, std::string_view nc,
                          std::string_view cnonce, std::string_view ha2) {
    return digest_hex(algorithm, {ha1, ":", nonce, ":", nc, ":", cnonce, ":auth:", ha2});
}

MacKey::MacKey(std::string_view secret) {
    // RFC 2104 section 2: a key longer than the hash's block of 64 bytes is hashed first.
    const RawDigest hashed = digest_raw(DigestAlgorithm::sha256, {secret});
    const std::string_view key = secret.size() > inner_.size() ? hashed.view() : secret;
    for (std::size_t i = 0; i < inner_.size(); ++i) {
        const char byte = i < key.size() ? key[i] : '\0';
        inner_[i] = static_cast<char>(byte ^ 0x36);
        outer_[i] = static_cast<char>(byte ^ 0x5c);
    }
}

RawDigest MacKey::mac(std::initializer_list<std::string_view> pieces) const {
    constexpr auto kAlgorithm = DigestAlgorithm::sha256;
    EVP_MD_CTX* context = context_of(kAlgorithm);
    RawDigest inner;
    require(EVP_DigestInit_ex2(context, algorithm_of(kAlgorithm), nullptr));
    require(EVP_DigestUpdate(context, inner_.data(), inner_.size()));
    for (std::string_view piece : pieces) require(EVP_DigestUpdate(context, piece.data(), piece.size()));
    require(EVP_DigestFinal_ex(context, inner.bytes.data(), nullptr));
    inner.size = static_cast<std::uint8_t>(digest_size(kAlgorithm));
    return digest_raw(kAlgorithm, {{outer_.data(), outer_.size()}, inner.view()});
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void random_bytes(void* to, std::size_t count) {
    if (RAND_bytes(static_cast<unsigned char*>(to), static_cast<int>(count)) != 1) {
        throw std::runtime_error("OpenSSL has no randomness");
    }
}

std::string random_hex(std::size_t bytes) {
    std::string raw(bytes, '\0');
    random_bytes(raw.data(), bytes);
    std::string text(2 * bytes, '\0');
    write_hex(reinterpret_cast<const std::uint8_t*>(raw.data()), bytes, text.data());
    return text;
}

std::uint64_t random_u64() {
    std::uint64_t value = 0;
    random_bytes(&value, sizeof value);
    return value;
}

}  // namespace viaduct
