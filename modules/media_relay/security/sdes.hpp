// sdes: keys for SRTP in session descriptions (RFC 4568), the value of a=crypto.
//
// One key without a master key identifier is what we offer and take. A line that asks for more (several keys, an MKI,
// UNENCRYPTED_SRTP and its like, a session parameter we do not know) is not taken, as section 6.3 has it; the next line
// may do.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <viaduct/result.hpp>

#include "security/srtp_suite.hpp"

namespace viaduct::media_relay {

enum class SdesFault : std::uint8_t {
    syntax = 1,
    suite,  // one we do not speak
    key,    // not base64, or of a wrong length
    several_keys,
    master_key_identifier,
    parameter,  // a session parameter we cannot follow
    lifetime,   // zero, or more than the suite allows (section 6.1)
};
error_code make_error_code(SdesFault fault);

struct SdesCrypto {
    unsigned tag = 1;
    SrtpKeying keying;
};

// "1 AES_CM_128_HMAC_SHA1_80 inline:...|2^20", as after "a=crypto:".
Result<SdesCrypto> parse_sdes(std::string_view value);
std::string to_text(const SdesCrypto& crypto);
// A new random key.
SrtpKeying make_srtp_keying(SrtpSuite suite);

}  // namespace viaduct::media_relay

template <>
struct boost::system::is_error_code_enum<viaduct::media_relay::SdesFault> : std::true_type {};
