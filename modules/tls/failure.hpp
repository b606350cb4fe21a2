// failure: why a TLS connection ended, as a reason to count and a sentence for the log.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "openssl.hpp"

namespace viaduct::tls {

enum class Reason : std::uint8_t {
    not_tls,         // what came is no TLS
    version,         // no version in common
    cipher,          // no cipher, group or signature in common
    untrusted,       // certificate of nobody we trust
    expired,         // certificate not valid now
    wrong_name,      // certificate for somebody else
    certificate,     // anything else about a certificate
    no_certificate,  // none was shown, and one is required
    refused,         // the peer sent an alert
    protocol,        // broken records or messages
    internal,        // we could not
};
inline constexpr std::size_t kReasons = 11;
std::string_view to_text(Reason reason);

struct Failure {
    Reason reason = Reason::internal;
    std::string text;  // "certificate is for other.example.test"
};

// From OpenSSL's error queue, which is empty afterwards.
Failure take_failure();
// From the verification of a chain that just failed. Bounded, and free of control characters.
Failure verification_failure(X509_STORE_CTX& chain);

}  // namespace viaduct::tls
