// ticket_keys: see ticket_keys.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ticket_keys.hpp"

#include <algorithm>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace viaduct::tls {
namespace {

void fill(unsigned char* bytes, std::size_t size) {
    if (RAND_bytes(bytes, static_cast<int>(size)) != 1) throw std::runtime_error{"OpenSSL has no random bytes"};
}

bool set_mac_key(EVP_MAC_CTX* mac, std::array<unsigned char, 32>& key) {
    std::array<char, 7> digest{"SHA256"};
    const std::array<OSSL_PARAM, 3> parameters{
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.data(), key.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
}

}  // namespace

TicketKeys::TicketKeys() : current_{make()}, previous_{make()} {}

TicketKeys::Key TicketKeys::make() {
    Key key{};
    fill(key.name.data(), key.name.size());
    fill(key.cipher.data(), key.cipher.size());
    fill(key.mac.data(), key.mac.size());
    return key;
}

void TicketKeys::rotate() {
    const Key next = make();
    const std::lock_guard lock{mutex_};
    previous_ = std::exchange(current_, next);
}

void TicketKeys::install(SSL_CTX& context) {
    SSL_CTX_set_app_data(&context, this);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(&context, seal_or_open);
}

TicketKeys::Key TicketKeys::current() const {
    const std::lock_guard lock{mutex_};
    return current_;
}

std::optional<std::pair<TicketKeys::Key, bool>> TicketKeys::find(const unsigned char* name) const {
    const std::lock_guard lock{mutex_};
    for (const Key* key : {&current_, &previous_}) {
        if (std::equal(key->name.begin(), key->name.end(), name)) return std::pair{*key, key == &current_};
    }
    return std::nullopt;
}

// OpenSSL's contract: 1 done, 2 done and issue a new ticket, 0 unknown key (a full handshake follows), -1 failed.
int TicketKeys::seal_or_open(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                             int sealing) {
    const auto& keys = *static_cast<const TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    if (sealing != 0) {
        Key key = keys.current();
        std::copy(key.name.begin(), key.name.end(), name);
        const bool sealed = RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
                            EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), key.cipher.data(), iv, nullptr) == 1 &&
                            set_mac_key(mac, key.mac);
        return sealed ? 1 : -1;
    }
    auto found = keys.find(name);
    if (!found) return 0;
    auto& [key, newest] = *found;
    if (!set_mac_key(mac, key.mac) ||
        EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), key.cipher.data(), iv, nullptr) != 1) {
        return -1;
    }
    // RFC 8446 section 4.6.1: a ticket should not be used twice, so TLS 1.3 always brings a new one.
    return newest && SSL_version(ssl) != TLS1_3_VERSION ? 1 : 2;
}

}  // namespace viaduct::tls
