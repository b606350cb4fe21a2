// credentials: the value of an Authorization or Proxy-Authorization header field with scheme Digest.
//
// RFC 3261 section 25.1 (credentials), RFC 7616 section 3.4. Views into the text that was parsed.
// Strict where leniency would let two readers disagree: no parameter twice, quotes closed, nothing after the last one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct::auth {

// Quoted strings without their quotes, escapes as received: that is what RFC 7616 hashes. "" when absent.
struct Credentials {
    std::string_view username, realm, nonce, uri, response, algorithm, cnonce, opaque, qop, nc;
    bool userhash = false;  // RFC 7616 section 3.4.4
};

// nullopt when the scheme is not Digest, or the parameters are unreadable.
std::optional<Credentials> parse_credentials(std::string_view value);

// The eight hexadecimal digits of nc; nullopt for anything else, and for zero: the first use counts one.
std::optional<std::uint32_t> parse_nonce_count(std::string_view nc);

// Removes the backslash of each quoted pair (RFC 3261 section 25.1).
std::string unescape(std::string_view quoted);

}  // namespace viaduct::auth
