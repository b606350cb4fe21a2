// tls_client: what our side of TLS to Redis is made of: authorities, and perhaps a certificate.
//
// Files that have changed are read again for the next connection; while they cannot be used the ones before stay.
// Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <viaduct/openssl.hpp>

namespace viaduct::redis {

struct TlsFiles {
    bool verify = true;  // Redis must prove that it is who was called
    std::string authorities, certificate, key;
};

class TlsFault : public std::runtime_error {
public:
    TlsFault(const char* key, const std::string& words) : std::runtime_error{words}, key_{key} {}
    const char* key() const { return key_; }  // of [module.redis]

private:
    const char* key_;
};

class TlsClient {
public:
    explicit TlsClient(TlsFiles files);  // throws TlsFault

    bool verifies() const { return files_.verify; }
    SslPtr new_connection();

private:
    using Times = std::vector<std::filesystem::file_time_type>;
    Times times() const;

    const TlsFiles files_;
    std::mutex mutex_;
    Times read_;
    ContextPtr context_;
};

}  // namespace viaduct::redis
