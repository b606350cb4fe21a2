// openssl: what only this module owns of OpenSSL, and certificates in words.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <openssl/ocsp.h>
#include <openssl/ssl.h>

#include <viaduct/openssl.hpp>

namespace viaduct::tls {

using SessionPtr = std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>>;
using StorePtr = std::unique_ptr<X509_STORE, FreeBy<X509_STORE_free>>;
using OcspResponsePtr = std::unique_ptr<OCSP_RESPONSE, FreeBy<OCSP_RESPONSE_free>>;

// "2026-11-25", in UTC.
std::string date_text(const ASN1_TIME* time);
std::int64_t seconds_since_1970(const ASN1_TIME* time);
// "CN=sip.example.test, O=Example" in UTF-8, control characters escaped.
std::string name_text(const X509_NAME* name);
// SHA-256 of the whole certificate, lower-case hexadecimal.
std::string fingerprint(const X509& certificate);

}  // namespace viaduct::tls
