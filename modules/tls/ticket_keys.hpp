// ticket_keys: what session tickets are sealed with (RFC 5077, RFC 8446 section 4.6.1).
//
// One object for all profiles and reloads, so that a client resumes whichever worker, profile or generation of
// certificates it meets; a profile that must not take another's tickets has its own session context (profile.cpp).
// Thread-safe: handshakes on all workers read, worker 0 rotates.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include <viaduct/time.hpp>

#include "openssl.hpp"

namespace viaduct::tls {

class TicketKeys {
public:
    static constexpr std::chrono::seconds kLifetime{12 * 3600};  // of a key, and of a ticket

    TicketKeys();

    // New tickets get a new key; tickets of the previous one are still taken, and renewed.
    void rotate();
    // Every new session of this context is sealed with our keys. They must outlive the context.
    void install(SSL_CTX& context);

private:
    struct Key {
        std::array<unsigned char, 16> name;
        std::array<unsigned char, 32> cipher, mac;
    };
    static Key make();
    static int seal_or_open(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                            int sealing);
    Key current() const;
    // With whether it is the current one.
    std::optional<std::pair<Key, bool>> find(const unsigned char* name) const;

    mutable std::mutex mutex_;
    Key current_, previous_;
};

}  // namespace viaduct::tls
