// profile: see profile.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "profile.hpp"

#include <array>
#include <ctime>
#include <set>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "handshake.hpp"

namespace viaduct::tls {
namespace {

constexpr long kLargestChain = 64 * 1024;  // bytes of certificates a peer may send

StorePtr system_store() {
    StorePtr store{X509_STORE_new()};
    X509_STORE_set_default_paths(store.get());
    return store;
}

}  // namespace

Profile::Profile(const ProfileSettings& settings, TicketKeys& ticket_keys) : settings_{settings} {
    ERR_clear_error();
    std::set<std::string> kinds;
    for (const CertificateFiles& files : settings_.certificates) {
        const Certificate& one = certificates_.emplace_back(files, settings_.name);
        if (!kinds.insert(one.key_kind()).second) {
            fail("certificate", fmt::format("{}: a second {} certificate; one of each kind of key can be used",
                                            files.certificate, one.key_kind()));
        }
    }
    if (!certificates_.empty()) make_server(ticket_keys);
    make_client();
}

void Profile::require_valid(WallTime now) const {
    for (const Certificate& one : certificates_) one.require_valid(now);
}

ContextPtr Profile::new_context() const {
    ContextPtr context{SSL_CTX_new(TLS_method())};
    if (!context) fail("certificate", "OpenSSL: " + take_openssl_error());
    SSL_CTX_set_min_proto_version(context.get(), settings_.only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    // Buffers of 17 kB each are given back as soon as they are empty. Chains are what the operator put into the file.
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_max_cert_list(context.get(), kLargestChain);
    if (SSL_CTX_set_cipher_list(context.get(), settings_.ciphers.c_str()) != 1) {
        fail("ciphers", fmt::format("\"{}\": {}", settings_.ciphers, take_openssl_error()));
    }
    add_certificates(*context);
    return context;
}

void Profile::add_certificates(SSL_CTX& context) const {
    for (const Certificate& one : certificates_) {
        STACK_OF(X509)* chain = sk_X509_new_null();
        for (std::size_t i = 1; i < one.chain().size(); ++i) sk_X509_push(chain, one.chain()[i].get());
        const int added = SSL_CTX_use_cert_and_key(&context, one.leaf(), one.key(), chain, 1);
        sk_X509_free(chain);  // the context has its own references
        if (added != 1) fail("certificate", fmt::format("{}: {}", one.files().certificate, take_openssl_error()));
    }
}

void Profile::make_server(TicketKeys& ticket_keys) {
    server_ = new_context();
    SSL_CTX& context = *server_;
    // Sessions are in the client's ticket, nothing is kept here, so nothing grows and no worker waits for another.
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(&context, TicketKeys::kLifetime.count());
    SSL_CTX_set_num_tickets(&context, 1);
    ticket_keys.install(context);
    SSL_CTX_set_client_hello_cb(&context, Handshake::client_hello, nullptr);
    SSL_CTX_set_alpn_select_cb(&context, Handshake::choose_protocol, nullptr);
    SSL_CTX_set_tlsext_status_cb(&context, staple);
    SSL_CTX_set_tlsext_status_arg(&context, this);
    SSL_CTX_set_verify(&context, verify_mode(), Handshake::verify);
    if (settings_.client_certificates != ClientCertificates::none) {
        if (settings_.client_authorities.empty()) {
            fail("client_authorities", "needed with client_certificates: whose word about clients counts?");
        }
        trust(context, settings_.client_authorities, "client_authorities");
        announce_client_authorities();
    }
    bind_sessions();
}

void Profile::make_client() {
    client_ = new_context();
    SSL_CTX& context = *client_;
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(&context, Handshake::new_session);
    if (settings_.verify_servers) {
        trust(context, settings_.authorities, "authorities");
        SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, Handshake::verify);
    }
    std::string wire;
    for (const std::string& protocol : settings_.offer) {
        if (protocol.empty() || protocol.size() > 255) fail("offer", fmt::format("\"{}\" is no ALPN name", protocol));
        wire += static_cast<char>(protocol.size()) + protocol;
    }
    SSL_CTX_set_alpn_protos(&context, reinterpret_cast<const unsigned char*>(wire.data()),
                            static_cast<unsigned>(wire.size()));
}

void Profile::trust(SSL_CTX& context, const std::vector<std::string>& files, const char* key) const {
    StorePtr store = files.empty() ? system_store() : StorePtr{X509_STORE_new()};
    for (const std::string& file : files) {
        if (X509_STORE_load_file(store.get(), file.c_str()) != 1) {
            fail(key, fmt::format("{}: {}", file, take_openssl_error()));
        }
    }
    ERR_clear_error();
    SSL_CTX_set_cert_store(&context, store.release());
}

// RFC 8446 section 4.2.4: which authorities' certificates are worth sending.
void Profile::announce_client_authorities() {
    STACK_OF(X509_NAME)* names = sk_X509_NAME_new_null();
    for (const std::string& file : settings_.client_authorities)
        SSL_add_file_cert_subjects_to_stack(names, file.c_str());
    ERR_clear_error();
    SSL_CTX_set_client_CA_list(server_.get(), names);
}

// A ticket is taken only where it could have been earned: by the same profile, with the same demands on clients.
void Profile::bind_sessions() {
    std::string text = fmt::format("{}\n{}\n", settings_.name, static_cast<int>(settings_.client_certificates));
    if (settings_.client_certificates != ClientCertificates::none) {
        STACK_OF(X509_OBJECT)* trusted = X509_STORE_get0_objects(SSL_CTX_get_cert_store(server_.get()));
        for (int i = 0; i < sk_X509_OBJECT_num(trusted); ++i) {
            const X509* one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(trusted, i));
            if (one != nullptr) text += fingerprint(*one) + '\n';
        }
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
    SSL_CTX_set_session_id_context(server_.get(), digest.data(), size);
}

int Profile::verify_mode() const {
    switch (settings_.client_certificates) {
        case ClientCertificates::none: return SSL_VERIFY_NONE;
        case ClientCertificates::optional: return SSL_VERIFY_PEER;
        case ClientCertificates::required: break;
    }
    return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

SslPtr Profile::new_server() const {
    SslPtr ssl{SSL_new(server_.get())};
    if (ssl) SSL_set_accept_state(ssl.get());
    return ssl;
}

SslPtr Profile::new_client() const {
    SslPtr ssl{SSL_new(client_.get())};
    if (ssl) SSL_set_connect_state(ssl.get());
    return ssl;
}

// SSL_set_SSL_CTX brings certificates, store and session context along, the rest stays the ssl's own.
void Profile::take_over(SSL& ssl) const {
    SSL_set_SSL_CTX(&ssl, server_.get());
    SSL_set_verify(&ssl, verify_mode(), Handshake::verify);
    SSL_set_min_proto_version(&ssl, settings_.only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
}

// RFC 6066 section 8. Nothing is said rather than something that is no longer so.
int Profile::staple(SSL* ssl, void* profile) {
    const X509* in_use = SSL_get_certificate(ssl);
    for (const Certificate& one : static_cast<const Profile*>(profile)->certificates_) {
        if (one.leaf() != in_use || one.ocsp_response().empty()) continue;
        if (one.ocsp_next_update() != 0 && one.ocsp_next_update() < std::time(nullptr)) break;
        const std::string& response = one.ocsp_response();
        void* copy = OPENSSL_memdup(response.data(), response.size());
        if (copy == nullptr) break;
        SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(response.size()));
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

void Profile::fail(const char* key, const std::string& problem) const {
    throw ProfileError{settings_.name, key, problem};
}

}  // namespace viaduct::tls
