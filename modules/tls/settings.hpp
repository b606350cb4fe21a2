// settings: one profile as the operator wrote it: what we show, to whom, and whom we believe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace viaduct::tls {

enum class ClientCertificates : std::uint8_t { none, optional, required };

struct CertificateFiles {
    std::string certificate;  // PEM: ours first, then its issuers
    std::string key;
    std::string ocsp_response;  // DER; "": none
};

struct ProfileSettings {
    std::string name;                            // "": the default profile
    std::vector<CertificateFiles> certificates;  // one per kind of key
    std::vector<std::string> server_names;       // chosen by SNI: exact, or "*.example.test"
    std::vector<std::string> destinations;       // chosen for connections to: names like these, or addresses
    bool only_1_3 = false;                       // else 1.2 too
    std::string ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES";  // of TLS 1.2
    ClientCertificates client_certificates = ClientCertificates::none;
    std::vector<std::string> client_authorities;  // files; who may vouch for clients
    bool verify_servers = true;
    bool allow_wildcards = false;          // RFC 5922 section 7.2 forbids them
    std::vector<std::string> authorities;  // files; who may vouch for servers; empty: those of the system
    std::vector<std::string> offer;        // ALPN protocols we offer as a client
};

// A file that cannot be used. what() names it; `key` is the setting it came from.
class ProfileError : public std::runtime_error {
public:
    ProfileError(std::string profile, std::string key, const std::string& problem)
        : std::runtime_error{problem}, profile_{std::move(profile)}, key_{std::move(key)} {}
    const std::string& profile() const { return profile_; }
    const std::string& key() const { return key_; }

private:
    std::string profile_, key_;
};

}  // namespace viaduct::tls
