// identity: which SIP domain a certificate speaks for (RFC 5922 sections 7.1 and 7.2).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "openssl.hpp"

namespace viaduct::tls {

struct Identity {
    std::vector<std::string> sip_domains;  // of subjectAltName URIs "sip:domain"
    std::vector<std::string> dns_names;    // of subjectAltName, else the common name
    std::vector<std::string> addresses;    // of subjectAltName, 4 or 16 bytes each
    // As PeerCertificate lists them: "sip:example.test", "sip.example.test", "192.0.2.1".
    std::vector<std::string> names() const;
    // Whom it speaks for, in lower case: SIP domains, DNS names when no URI names one, and addresses.
    std::vector<std::string> domains() const;
};

Identity identity_of(const X509& certificate);

// RFC 5922 section 7.2: the whole name, without regard to case. An IP address needs an entry of that address. With
// `wildcards`, against the RFC, "*" stands for one leftmost label of a DNS name (RFC 6125 section 6.4.3).
bool speaks_for(const Identity& identity, std::string_view server_name, bool wildcards);

bool is_address(std::string_view name);
bool same_name(std::string_view a, std::string_view b);
// "*.example.test" takes exactly one label more than example.test.
bool matches_wildcard(std::string_view pattern, std::string_view name);

}  // namespace viaduct::tls
