// handshake: see handshake.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "handshake.hpp"

#include <algorithm>
#include <array>

#include "identity.hpp"

namespace viaduct::tls {
namespace {

constexpr std::size_t kLongestName = 255;

// RFC 6066 section 3: a list of one entry, type 0, "host_name". Anything else counts as not there; what is broken is
// refused by OpenSSL a little later.
std::string_view server_name_of(SSL* ssl) {
    const unsigned char* data = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) != 1 || size < 5) return {};
    const std::string_view list{reinterpret_cast<const char*>(data), size};
    const auto number = [&](std::size_t at) {
        return static_cast<std::size_t>(static_cast<unsigned char>(list[at]) << 8 |
                                        static_cast<unsigned char>(list[at + 1]));
    };
    if (number(0) != size - 2 || list[2] != TLSEXT_NAMETYPE_host_name || number(3) > size - 5) return {};
    const std::string_view name = list.substr(5, number(3));
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
    return plain && name.size() <= kLongestName ? name : std::string_view{};
}

}  // namespace

int Handshake::client_hello(SSL* ssl, int*, void*) {
    of(ssl).on_server_name(server_name_of(ssl));
    return SSL_CLIENT_HELLO_SUCCESS;
}

int Handshake::verify(int valid, X509_STORE_CTX* chain) {
    const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    return of(ssl).on_verified(valid != 0, *chain) ? 1 : 0;
}

int Handshake::new_session(SSL* ssl, SSL_SESSION* session) {
    of(ssl).on_session(SessionPtr{session});
    return 1;  // it is ours now
}

// IANA's identifiers for what is spoken here; older SIP stacks say "sip". Who offers nothing of it may go on without
// ALPN, since RFC 3261 knows none.
int Handshake::choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                               unsigned offered_size, void*) {
    constexpr std::array<std::string_view, 3> kPreferred{"sip/2", "sip", "http/1.1"};
    const std::string_view list{reinterpret_cast<const char*>(offered), offered_size};
    for (const std::string_view wanted : kPreferred) {
        for (std::size_t at = 0; at < list.size(); at += 1 + static_cast<unsigned char>(list[at])) {
            if (list.substr(at + 1, static_cast<unsigned char>(list[at])) != wanted) continue;
            *chosen = offered + at + 1;
            *size = static_cast<unsigned char>(wanted.size());
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_NOACK;
}

}  // namespace viaduct::tls
