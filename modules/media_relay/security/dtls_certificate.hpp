// dtls_certificate: our self-signed certificate for DTLS-SRTP with its key (RFC 5763 section 5), ECDSA on P-256.
//
// Made at start and now and then anew. Immutable, any thread. Held by shared_ptr: an association that was made with it
// outlives its replacement.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include <viaduct/time.hpp>

#include "security/fingerprint.hpp"

struct ssl_ctx_st;
struct x509_st;

namespace viaduct::media_relay {

class DtlsCertificate {
public:
    // Valid from a day before `now` for `lifetime`. Throws std::runtime_error when OpenSSL cannot.
    explicit DtlsCertificate(WallTime now, std::chrono::hours lifetime = std::chrono::hours{24 * 30});
    ~DtlsCertificate();
    DtlsCertificate(const DtlsCertificate&) = delete;
    DtlsCertificate& operator=(const DtlsCertificate&) = delete;

    const Fingerprint& fingerprint() const { return fingerprint_; }  // sha-256
    // OpenSSL's context that shows this certificate and asks for the peer's.
    ssl_ctx_st* context() const { return context_; }

private:
    ssl_ctx_st* context_ = nullptr;
    Fingerprint fingerprint_;
};

using DtlsCertificatePtr = std::shared_ptr<const DtlsCertificate>;

Fingerprint fingerprint_of(const x509_st& certificate, FingerprintHash hash);
// Is it one of those?
bool is_certificate_of(const x509_st& certificate, std::span<const Fingerprint> fingerprints);

}  // namespace viaduct::media_relay
