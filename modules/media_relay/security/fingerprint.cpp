// fingerprint: see fingerprint.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "security/fingerprint.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "packet/fault_category.hpp"

namespace viaduct::media_relay {
namespace {

struct HashFacts {
    std::string_view name;
    std::size_t size;
};
constexpr std::array<HashFacts, 3> kHashes{{{"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}}};

const char* words(FingerprintFault fault) {
    switch (fault) {
        case FingerprintFault::syntax: return "not a fingerprint";
        case FingerprintFault::hash: return "a hash that is too weak, or unknown";
    }
    return "unknown";
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

error_code make_error_code(FingerprintFault fault) {
    static const FaultCategory<FingerprintFault> category{"fingerprint", words};
    return {static_cast<int>(fault), category};
}

Result<Fingerprint> parse_fingerprint(std::string_view value) {
    const std::size_t space = value.find(' ');
    if (space == std::string_view::npos) return FingerprintFault::syntax;
    const std::string_view name = value.substr(0, space), digits = value.substr(space + 1);
    const auto known = std::find_if(kHashes.begin(), kHashes.end(), [name](const HashFacts& facts) {
        return std::equal(name.begin(), name.end(), facts.name.begin(), facts.name.end(),
                          [](char a, char b) { return lower(a) == b; });
    });
    if (known == kHashes.end()) return FingerprintFault::hash;
    if (digits.size() != known->size * 3 - 1) return FingerprintFault::syntax;
    Fingerprint fingerprint{static_cast<FingerprintHash>(known - kHashes.begin()), {}};
    fingerprint.digest.reserve(known->size);
    for (std::size_t at = 0; at < digits.size(); at += 3) {
        const int high = hex_digit(digits[at]), low = hex_digit(digits[at + 1]);
        if (high < 0 || low < 0 || (at + 2 < digits.size() && digits[at + 2] != ':')) return FingerprintFault::syntax;
        fingerprint.digest.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return fingerprint;
}

std::string to_text(const Fingerprint& fingerprint) {
    std::string text{kHashes[static_cast<std::size_t>(fingerprint.hash)].name};
    char separator = ' ';
    for (const std::uint8_t byte : fingerprint.digest) {
        text += fmt::format("{}{:02X}", separator, byte);
        separator = ':';
    }
    return text;
}

}  // namespace viaduct::media_relay
