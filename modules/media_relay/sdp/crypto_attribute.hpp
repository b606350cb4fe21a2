// crypto_attribute: a=crypto, keys of SRTP inside the session description (RFC 4568 section 9, RFC 7714 section 14.2).
//
// Lines with a master key index, with several keys or with session parameters that weaken SRTP are not understood and
// therefore not chosen.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "security/srtp_suite.hpp"

namespace viaduct::media_relay {

struct CryptoAttribute {
    std::uint32_t tag = 1;
    SrtpKeying keying;

    static std::optional<CryptoAttribute> parse(std::string_view value);
    std::string text() const;  // the attribute's value
    // With fresh random keys. Throws std::runtime_error when OpenSSL has none.
    static CryptoAttribute make(std::uint32_t tag, SrtpSuite suite);
};

}  // namespace viaduct::media_relay
