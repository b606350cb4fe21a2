// openssl: OpenSSL's types as owners, for this folder.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace viaduct::redis {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using ContextPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Freed<SSL_free>>;

// What went wrong last on this thread, in the system's or OpenSSL's words; no error is left behind.
std::string take_openssl_error();

}  // namespace viaduct::redis
