// dtls_certificate: see dtls_certificate.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "security/dtls_certificate.hpp"

#include <algorithm>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <viaduct/openssl.hpp>

#include "packet/random.hpp"
#include "security/dtls_association.hpp"

namespace viaduct::media_relay {
namespace {

// RFC 8827 section 6.5 wants ECDHE with AES-GCM; what stands behind it is for older phones.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES";
// RFC 5764 section 4.1.2, RFC 7714 section 14.2; the cheapest strong one first.
constexpr const char* kProfiles =
    "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32";

void require(bool holds, const char* what) {
    if (!holds) throw std::runtime_error{std::string{what} + ": " + take_openssl_error()};
}

CertificatePtr make_certificate(EVP_PKEY* key, WallTime now, std::chrono::hours lifetime) {
    CertificatePtr certificate{X509_new()};
    require(certificate != nullptr, "a certificate for DTLS");
    X509* x509 = certificate.get();
    const auto seconds = static_cast<std::time_t>(now.time_since_epoch().count());
    const auto day = std::chrono::seconds{std::chrono::hours{24}}.count();  // the peer's clock may be behind
    X509_NAME* name = X509_get_subject_name(x509);
    constexpr unsigned char kName[] = "viaduct";
    const bool made =
        X509_set_version(x509, X509_VERSION_3) == 1 &&
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), random_64() >> 1) == 1 &&
        ASN1_TIME_set(X509_getm_notBefore(x509), seconds - day) != nullptr &&
        ASN1_TIME_set(X509_getm_notAfter(x509), seconds + std::chrono::seconds{lifetime}.count()) != nullptr &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, kName, -1, -1, 0) == 1 &&
        X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, key) == 1 &&
        X509_sign(x509, key, EVP_sha256()) > 0;
    require(made, "a certificate for DTLS");
    return certificate;
}

ContextPtr make_context(X509* certificate, EVP_PKEY* key) {
    ContextPtr context{SSL_CTX_new(DTLS_method())};
    require(context != nullptr, "a context for DTLS");
    SSL_CTX* ctx = context.get();
    SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(ctx, DtlsAssociation::verify, nullptr);
    const bool set = SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) == 1 &&
                     SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) == 1 &&
                     SSL_CTX_set_cipher_list(ctx, kCiphers) == 1 && SSL_CTX_use_certificate(ctx, certificate) == 1 &&
                     SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
                     SSL_CTX_set_tlsext_use_srtp(ctx, kProfiles) == 0;  // this one says 0 when it is well
    require(set, "a context for DTLS");
    return context;
}

}  // namespace

DtlsCertificate::DtlsCertificate(WallTime now, std::chrono::hours lifetime) {
    const KeyPtr key{EVP_EC_gen("P-256")};
    require(key != nullptr, "a key for DTLS");
    const CertificatePtr certificate = make_certificate(key.get(), now, lifetime);
    fingerprint_ = fingerprint_of(*certificate, FingerprintHash::sha256);
    context_ = make_context(certificate.get(), key.get()).release();
}

DtlsCertificate::~DtlsCertificate() { SSL_CTX_free(context_); }

Fingerprint fingerprint_of(const X509& certificate, FingerprintHash hash) {
    const EVP_MD* digest = hash == FingerprintHash::sha256   ? EVP_sha256()
                           : hash == FingerprintHash::sha384 ? EVP_sha384()
                                                             : EVP_sha512();
    Fingerprint fingerprint{hash, std::vector<std::uint8_t>(static_cast<std::size_t>(EVP_MD_get_size(digest)))};
    if (X509_digest(&certificate, digest, fingerprint.digest.data(), nullptr) != 1) fingerprint.digest.clear();
    return fingerprint;
}

bool is_certificate_of(const X509& certificate, std::span<const Fingerprint> fingerprints) {
    // RFC 8122 section 5: of several hashes the strongest counts, and any of its fingerprints.
    FingerprintHash strongest = FingerprintHash::sha256;
    for (const auto& fingerprint : fingerprints) strongest = std::max(strongest, fingerprint.hash);
    const Fingerprint actual = fingerprint_of(certificate, strongest);
    return !actual.digest.empty() && std::find(fingerprints.begin(), fingerprints.end(), actual) != fingerprints.end();
}

}  // namespace viaduct::media_relay
