// tls_session: see tls_session.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "tls_session.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include <fmt/format.h>

namespace viaduct::redis {

namespace {

bool is_address(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

void demand_name(SSL& ssl, const std::string& host) {
    X509_VERIFY_PARAM* demands = SSL_get0_param(&ssl);
    X509_VERIFY_PARAM_set_hostflags(demands, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address(host))
        X509_VERIFY_PARAM_set1_ip_asc(demands, host.c_str());
    else
        X509_VERIFY_PARAM_set1_host(demands, host.data(), host.size());
}

// Why its certificate was refused, and what can be done.
std::string verification_problem(long result, const std::string& host) {
    switch (result) {
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return fmt::format("its certificate is not for {}: address must name it as its certificate does", host);
        case X509_V_ERR_CERT_HAS_EXPIRED: return "its certificate has expired: renew it there";
        case X509_V_ERR_CERT_NOT_YET_VALID: return "its certificate is not valid yet: are the clocks right?";
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return "its certificate was issued by nobody in tls_ca: tls_ca must be the file of Redis's authority";
        default: return fmt::format("its certificate is refused: {}", X509_verify_cert_error_string(result));
    }
}

std::string alert_problem(int reason) {
    switch (reason) {
        case SSL_R_WRONG_VERSION_NUMBER: return kNoTls;
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            return "it refuses TLS with us: does it ask for a certificate? Set tls_certificate and tls_key, or "
                   "tls-auth-clients no there";
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
            return "it does not believe our certificate: tls_certificate must be valid and of an authority in its "
                   "tls-ca-cert-file";
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        case SSL_R_UNSUPPORTED_PROTOCOL: return "it offers neither TLS 1.2 nor 1.3: see its tls-protocols";
        default: return {};
    }
}

}  // namespace

TlsSession::TlsSession(SslPtr ssl, std::string host, bool verify) : ssl_{std::move(ssl)}, host_{std::move(host)} {
    if (!ssl_) return;
    input_ = BIO_new(BIO_s_mem());
    output_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(input_, -1);  // empty is not ended
    SSL_set_bio(ssl_.get(), input_, output_);
    if (!is_address(host_)) SSL_set_tlsext_host_name(ssl_.get(), host_.c_str());
    if (verify) demand_name(*ssl_, host_);
}

bool TlsSession::start() {
    if (ssl_) return shake_hands();
    problem_ = "no memory";
    return false;
}

bool TlsSession::receive(std::string_view bytes, std::string& words) {
    BIO_write(input_, bytes.data(), static_cast<int>(bytes.size()));
    if (!ready_ && !shake_hands()) return false;
    return !ready_ || read(words);
}

bool TlsSession::shake_hands() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    ready_ = result == 1;
    return ready_ || go_on(result);
}

bool TlsSession::read(std::string& words) {
    std::array<char, 16384> piece{};
    while (true) {
        ERR_clear_error();
        const int size = SSL_read(ssl_.get(), piece.data(), static_cast<int>(piece.size()));
        if (size <= 0) return go_on(size);
        words.append(piece.data(), static_cast<std::size_t>(size));
    }
}

bool TlsSession::send(std::string_view words) {
    if (words.empty()) return true;
    ERR_clear_error();
    const int result = SSL_write(ssl_.get(), words.data(), static_cast<int>(words.size()));
    return result > 0 || go_on(result);
}

std::string TlsSession::take_output() {
    std::string bytes(BIO_ctrl_pending(output_), '\0');
    if (!bytes.empty()) BIO_read(output_, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
}

bool TlsSession::go_on(int result) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
    problem_ = error == SSL_ERROR_ZERO_RETURN ? "closed the connection" : reason();
    ERR_clear_error();
    return false;
}

std::string TlsSession::reason() const {
    const unsigned long error = ERR_peek_last_error();
    const int code = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
    if (code == SSL_R_CERTIFICATE_VERIFY_FAILED) return verification_problem(SSL_get_verify_result(ssl_.get()), host_);
    std::string words = alert_problem(code);
    return words.empty() ? fmt::format("TLS failed: {}", take_openssl_error()) : words;
}

}  // namespace viaduct::redis
