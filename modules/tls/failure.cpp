// failure: see failure.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "failure.hpp"

#include <array>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "identity.hpp"

namespace viaduct::tls {
namespace {

constexpr std::array<std::string_view, kReasons> kTexts{"not_tls", "version",    "cipher",      "untrusted",
                                                        "expired", "wrong_name", "certificate", "no_certificate",
                                                        "refused", "protocol",   "internal"};
constexpr std::size_t kLongestName = 200;  // of a peer's certificate, in our log

Reason reason_of(int error) {
    switch (error) {
        case SSL_R_HTTP_REQUEST:
        case SSL_R_HTTPS_PROXY_REQUEST:
        case SSL_R_WRONG_VERSION_NUMBER: return Reason::not_tls;
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_VERSION_TOO_LOW:
        case SSL_R_NO_PROTOCOLS_AVAILABLE:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION: return Reason::version;
        case SSL_R_NO_SHARED_CIPHER:
        case SSL_R_NO_CIPHERS_AVAILABLE:
        case SSL_R_NO_SUITABLE_GROUPS:
        case SSL_R_NO_SUITABLE_KEY_SHARE:
        case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
        case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS: return Reason::cipher;
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return Reason::no_certificate;
        case SSL_R_CERTIFICATE_VERIFY_FAILED: return Reason::certificate;
        default: return error >= SSL_AD_REASON_OFFSET ? Reason::refused : Reason::protocol;
    }
}

Reason reason_of_verification(int error) {
    switch (error) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
        case X509_V_ERR_CERT_NOT_YET_VALID: return Reason::expired;
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return Reason::untrusted;
        case X509_V_ERR_HOSTNAME_MISMATCH: return Reason::wrong_name;
        default: return Reason::certificate;
    }
}

std::string shortened(std::string text) {
    if (text.size() > kLongestName) text = text.substr(0, kLongestName) + "...";
    return text;
}

std::string names_text(const X509& certificate) {
    std::string all;
    for (const std::string& name : identity_of(certificate).names()) all += (all.empty() ? "" : ", ") + name;
    return all.empty() ? "nobody" : shortened(std::move(all));
}

std::string sentence(int error, int depth, const X509& certificate) {
    const std::string whose =
        depth == 0 ? "certificate" : "certificate of " + shortened(name_text(X509_get_subject_name(&certificate)));
    switch (error) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return fmt::format("{} expired on {}", whose, date_text(X509_get0_notAfter(&certificate)));
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return fmt::format("{} is not valid before {}", whose, date_text(X509_get0_notBefore(&certificate)));
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return "certificate is signed by itself and is not among the authorities";
        case X509_V_ERR_HOSTNAME_MISMATCH: return "certificate is for " + names_text(certificate);
        default: break;
    }
    if (reason_of_verification(error) == Reason::untrusted) {
        return fmt::format("{} was issued by {}, which is not among the authorities", whose,
                           shortened(name_text(X509_get_issuer_name(&certificate))));
    }
    return fmt::format("{}: {}", whose, X509_verify_cert_error_string(error));
}

}  // namespace

std::string_view to_text(Reason reason) { return kTexts[static_cast<std::size_t>(reason)]; }

Failure take_failure() {
    const unsigned long error = ERR_peek_last_error();
    if (error == 0) return {Reason::internal, take_openssl_error()};
    const Reason reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? reason_of(ERR_GET_REASON(error)) : Reason::protocol;
    return {reason, take_openssl_error()};
}

Failure verification_failure(X509_STORE_CTX& chain) {
    const int error = X509_STORE_CTX_get_error(&chain);
    const X509* certificate = X509_STORE_CTX_get_current_cert(&chain);
    if (certificate == nullptr) return {reason_of_verification(error), X509_verify_cert_error_string(error)};
    return {reason_of_verification(error), sentence(error, X509_STORE_CTX_get_error_depth(&chain), *certificate)};
}

}  // namespace viaduct::tls
