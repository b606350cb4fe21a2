// profile: one set of certificates and rules as OpenSSL contexts, for connections to us and from us.
//
// Immutable: a reload makes new profiles, connections keep the one they began with. Shared by all workers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <viaduct/time.hpp>

#include "certificate.hpp"
#include "client_sessions.hpp"
#include "openssl.hpp"
#include "settings.hpp"
#include "ticket_keys.hpp"

namespace viaduct::tls {

class Profile {
public:
    // Throws ProfileError.
    Profile(const ProfileSettings& settings, TicketKeys& ticket_keys);
    Profile(const Profile&) = delete;  // its contexts point here
    Profile& operator=(const Profile&) = delete;

    const ProfileSettings& settings() const { return settings_; }
    const std::vector<Certificate>& certificates() const { return certificates_; }
    bool can_serve() const { return server_ != nullptr; }
    // Throws ProfileError when one of its certificates is not valid at that time.
    void require_valid(WallTime now) const;

    SslPtr new_server() const;  // REQUIRES: can_serve()
    SslPtr new_client() const;
    // An ssl of another profile becomes one of this, before anything of its ClientHello was used.
    void take_over(SSL& ssl) const;
    ClientSessions& client_sessions() const { return client_sessions_; }

private:
    ContextPtr new_context() const;
    void make_server(TicketKeys& ticket_keys);
    void make_client();
    void add_certificates(SSL_CTX& context) const;
    void trust(SSL_CTX& context, const std::vector<std::string>& files, const char* key) const;
    void announce_client_authorities();
    void bind_sessions();
    int verify_mode() const;
    [[noreturn]] void fail(const char* key, const std::string& problem) const;
    static int staple(SSL* ssl, void* profile);

    ProfileSettings settings_;
    std::vector<Certificate> certificates_;
    mutable ClientSessions client_sessions_;
    ContextPtr server_, client_;
};

}  // namespace viaduct::tls
