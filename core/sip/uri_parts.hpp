// uri_parts: takes a URI to pieces without owning it (RFC 3261 section 25.1, RFC 3966 section 3).
//
// Views into the text given; no allocation, so the message check can use it for every request.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <viaduct/uri.hpp>

namespace viaduct::sip {

struct UriParts {
    Uri::Scheme scheme = Uri::Scheme::other;
    std::string_view scheme_text, user, password, host, parameters, headers;
    std::uint16_t port = 0;
};

// Errors: SipErrc::bad_uri. Allows what section 25.1 allows anywhere; where a URI stands may forbid more.
Result<UriParts> parse_uri(std::string_view text);

// hostname, IPv4 address or IPv6 reference in brackets (by its characters; nothing is resolved).
bool is_host(std::string_view host);
// Takes a host off the front of `rest`: bracketed, or a run of host characters. "" when there is none.
std::string_view take_host(std::string_view& rest);

// Replaces escapes by the octets they stand for.
std::string unescape(std::string_view text);
// Escapes what may not stand in a user part; escapes already there stay.
std::string escape_user(std::string_view user);

}  // namespace viaduct::sip
