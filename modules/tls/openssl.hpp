// openssl: what we own of OpenSSL, and what it complains about.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>

namespace viaduct::tls {

template <auto Free>
struct FreeBy {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};

using ContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, FreeBy<SSL_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>>;
using CertificatePtr = std::unique_ptr<X509, FreeBy<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using StorePtr = std::unique_ptr<X509_STORE, FreeBy<X509_STORE_free>>;
using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;
using OcspResponsePtr = std::unique_ptr<OCSP_RESPONSE, FreeBy<OCSP_RESPONSE_free>>;

// Why the last call failed, in OpenSSL's words; forgets it and what led to it.
std::string take_openssl_error();
// "2026-11-25", in UTC.
std::string date_text(const ASN1_TIME* time);
std::int64_t seconds_since_1970(const ASN1_TIME* time);
// "CN=sip.example.test, O=Example" in UTF-8, control characters escaped.
std::string name_text(const X509_NAME* name);
// SHA-256 of the whole certificate, lower-case hexadecimal.
std::string fingerprint(const X509& certificate);

}  // namespace viaduct::tls
