// viaduct/openssl: what a module owns of OpenSSL, and what OpenSSL complains about.
//
// For modules that do TLS or DTLS themselves; a module includes this, and OpenSSL's headers for what more it uses.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace viaduct {

template <auto Free>
struct FreeBy {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};

using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, FreeBy<X509_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using SslPtr = std::unique_ptr<SSL, FreeBy<SSL_free>>;

// Why the last call of this thread failed, in the system's words where it was the system (a file that is not there),
// else in OpenSSL's; forgets it and what led to it. "unknown error" when there is none.
std::string take_openssl_error();

}  // namespace viaduct
