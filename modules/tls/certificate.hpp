// certificate: one of our certificates with its chain and key, read from files and checked as a whole.
//
// Immutable once read. A fault is a ProfileError that names the file and the reason.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <viaduct/time.hpp>

#include "openssl.hpp"
#include "settings.hpp"

namespace viaduct::tls {

class Certificate {
public:
    // Throws ProfileError when something cannot be read, or does not belong together.
    Certificate(const CertificateFiles& files, const std::string& profile);

    const CertificateFiles& files() const { return files_; }
    X509* leaf() const { return chain_.front().get(); }
    EVP_PKEY* key() const { return key_.get(); }
    const std::vector<CertificatePtr>& chain() const { return chain_; }  // the leaf first
    const std::string& ocsp_response() const { return ocsp_response_; }  // DER, "" for none
    std::int64_t ocsp_next_update() const { return ocsp_next_update_; }  // 0: not said
    std::string key_kind() const;                                        // "RSA", "EC", ...
    std::string key_text() const;                                        // "RSA 2048", "EC prime256v1"
    std::string serial() const;                                          // hexadecimal
    std::int64_t not_before() const { return seconds_since_1970(X509_get0_notBefore(leaf())); }
    std::int64_t not_after() const { return seconds_since_1970(X509_get0_notAfter(leaf())); }
    // Throws ProfileError when it is not valid at that time.
    void require_valid(WallTime now) const;

private:
    void read_chain();
    void read_key();
    void read_ocsp_response();
    [[noreturn]] void fail(const char* key, const std::string& file, const std::string& problem) const;

    CertificateFiles files_;
    std::string profile_;
    std::vector<CertificatePtr> chain_;
    KeyPtr key_;
    std::string ocsp_response_;
    std::int64_t ocsp_next_update_ = 0;
};

}  // namespace viaduct::tls
