// openssl: what we own of OpenSSL's DTLS, and what it complains about.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace viaduct::media_relay {

template <auto Free>
struct FreeBy {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};

using SslPtr = std::unique_ptr<SSL, FreeBy<SSL_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, FreeBy<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;

// Why the last call failed, in OpenSSL's words; forgets it and what led to it.
std::string take_openssl_error();

}  // namespace viaduct::media_relay
