// handshake: what OpenSSL asks us in the middle of a handshake, answered by the connection's own object.
//
// Every SSL of this module carries its Handshake as application data. Called on the connection's worker, from inside
// OpenSSL.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "openssl.hpp"

namespace viaduct::tls {

class Handshake {
public:
    virtual ~Handshake() = default;
    // The ClientHello names this server ("" when it names none): the last moment to change the profile.
    virtual void on_server_name(std::string_view server_name) = 0;
    // A certificate of the peer's chain was judged. What is returned counts.
    virtual bool on_verified(bool valid, X509_STORE_CTX& chain) = 0;
    // The server gave us a session to resume later.
    virtual void on_session(SessionPtr session) = 0;

    static Handshake& of(const SSL* ssl) { return *static_cast<Handshake*>(SSL_get_app_data(ssl)); }

    // The callbacks that lead there, and the choice of ALPN (RFC 7301).
    static int client_hello(SSL* ssl, int* alert, void*);
    static int verify(int valid, X509_STORE_CTX* chain);
    static int new_session(SSL* ssl, SSL_SESSION* session);
    static int choose_protocol(SSL* ssl, const unsigned char** chosen, unsigned char* size,
                               const unsigned char* offered, unsigned offered_size, void*);
};

}  // namespace viaduct::tls
