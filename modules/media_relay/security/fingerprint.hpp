// fingerprint: the hash of a certificate as session descriptions carry it (RFC 8122 section 5).
//
// SHA-1 and older hashes are refused: whoever can forge them can listen.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/result.hpp>

namespace viaduct::media_relay {

enum class FingerprintHash : std::uint8_t { sha256, sha384, sha512 };

struct Fingerprint {
    FingerprintHash hash = FingerprintHash::sha256;
    std::vector<std::uint8_t> digest;

    auto operator<=>(const Fingerprint&) const = default;
};

enum class FingerprintFault : std::uint8_t { syntax = 1, hash };
error_code make_error_code(FingerprintFault fault);

// "sha-256 4A:AD:B9:..." as after "a=fingerprint:"; either case.
Result<Fingerprint> parse_fingerprint(std::string_view value);
std::string to_text(const Fingerprint& fingerprint);

}  // namespace viaduct::media_relay

template <>
struct boost::system::is_error_code_enum<viaduct::media_relay::FingerprintFault> : std::true_type {};
