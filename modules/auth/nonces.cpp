// nonces: making and checking nonces (RFC 7616 section 3.3).
// SPDX-License-Identifier: Apache-2.0
#include "nonces.hpp"

#include <array>
#include <charconv>

namespace viaduct::auth {
namespace {

// Layout, all in lower-case hexadecimal: time of issue, number, first half of the keyed hash.
constexpr std::size_t kTime = 8, kHead = kTime + 16, kMac = 32, kWhole = kHead + kMac;
// Nodes that share a secret may have clocks this far apart.
constexpr std::chrono::seconds kClockSkew{30};

void append_hex(std::string& to, std::uint64_t value, std::size_t digits) {
    static constexpr char kDigits[] = "0123456789abcdef";
    for (std::size_t i = digits; i-- > 0;) to += kDigits[value >> (4 * i) & 15];
}

std::uint64_t read_hex(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return value;
}

}  // namespace

Nonces::Nonces(const MacKey& key, Duration lifetime)
    : key_{key}, lifetime_{std::chrono::duration_cast<std::chrono::seconds>(lifetime)} {}

HexDigest Nonces::mac(std::string_view head, std::string_view realm) const {
    return HexDigest{key_.mac({"nonce:", head, ":", realm})};
}

std::string Nonces::make(std::string_view realm, WallTime now, std::uint64_t number) const {
    std::string nonce;
    nonce.reserve(kWhole);
    append_hex(nonce, static_cast<std::uint32_t>(now.time_since_epoch().count()), kTime);
    append_hex(nonce, number, kHead - kTime);
    const HexDigest proof = mac(nonce, realm);
    nonce += proof.view().substr(0, kMac);
    return nonce;
}

NonceCheck Nonces::check(std::string_view nonce, std::string_view realm, WallTime now) const {
    if (nonce.size() != kWhole) return {};
    const auto head = nonce.substr(0, kHead);
    const HexDigest proof = mac(head, realm);
    if (!constant_time_equal(nonce.substr(kHead), proof.view().substr(0, kMac))) return {};
    // The head is ours from here on, so it is hexadecimal.
    const NonceId id{static_cast<std::uint32_t>(read_hex(head.substr(0, kTime))), read_hex(head.substr(kTime))};
    const auto age = now - WallTime{std::chrono::seconds{id.issued}};
    const bool current = age <= lifetime_ && age >= -kClockSkew;
    return {current ? NonceState::valid : NonceState::expired, id};
}

}  // namespace viaduct::auth
