// tls_client: see tls_client.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "tls_client.hpp"

#include <openssl/err.h>

#include <utility>

#include <fmt/format.h>

namespace viaduct::redis {

namespace {

// A key with a passphrase is refused; nobody is asked for one at the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

void use_certificate(SSL_CTX& context, const TlsFiles& files) {
    if (files.certificate.empty() && files.key.empty()) return;
    if (files.key.empty()) throw TlsFault{"tls_certificate", "needs tls_key"};
    if (files.certificate.empty()) throw TlsFault{"tls_key", "needs tls_certificate"};
    SSL_CTX_set_default_passwd_cb(&context, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(&context, files.certificate.c_str()) != 1)
        throw TlsFault{"tls_certificate", fmt::format("{}: {}", files.certificate, take_openssl_error())};
    if (SSL_CTX_use_PrivateKey_file(&context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
        throw TlsFault{"tls_key", fmt::format("{}: {}", files.key, take_openssl_error())};
}

ContextPtr make_context(const TlsFiles& files) {
    ERR_clear_error();
    ContextPtr context{SSL_CTX_new(TLS_client_method())};
    if (!context) throw TlsFault{"tls", take_openssl_error()};
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    use_certificate(*context, files);
    if (!files.verify) return context;
    if (SSL_CTX_load_verify_file(context.get(), files.authorities.c_str()) != 1)
        throw TlsFault{"tls_ca", fmt::format("{}: {}", files.authorities, take_openssl_error())};
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    return context;
}

}  // namespace

TlsClient::TlsClient(TlsFiles files) : files_{std::move(files)}, read_{times()}, context_{make_context(files_)} {}

TlsClient::Times TlsClient::times() const {
    Times all;
    for (const std::string* file : {&files_.authorities, &files_.certificate, &files_.key}) {
        std::error_code ignored;
        all.push_back(std::filesystem::last_write_time(*file, ignored));
    }
    return all;
}

SslPtr TlsClient::new_connection() {
    const std::lock_guard lock{mutex_};
    if (Times now = times(); now != read_) {
        read_ = std::move(now);
        try {
            context_ = make_context(files_);
        } catch (const TlsFault&) {
            // Half written, perhaps: what was read before may still serve, and if not, the connection says so.
        }
    }
    SslPtr ssl{SSL_new(context_.get())};
    if (ssl) SSL_set_connect_state(ssl.get());
    return ssl;
}

}  // namespace viaduct::redis
