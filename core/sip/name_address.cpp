// name_address: name-addr and addr-spec with their parameters (RFC 3261 sections 20.10 and 25.1).
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <viaduct/message.hpp>

#include "sip/parameters.hpp"
#include "sip/text.hpp"

namespace viaduct {

namespace {

using sip::trim;

// Section 25.1 wants tokens; what would be mistaken for a list, a comment or an address is refused, the rest (brackets,
// UTF-8) is taken as phones send it.
bool is_display_text(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        return c == ',' || c == ';' || c == ':' || c == '"' || c == '<' || c == '>' || c == '@' || c == '\\';
    });
}

// display-name, up to the '<' that must follow.
bool take_display_name(std::string_view& rest, NameAddress& address) {
    if (!rest.empty() && rest.front() == '"') {
        const auto length = sip::quoted_length(rest);
        if (length == 0) return false;
        address.display_name = rest.substr(1, length - 2);
        rest = sip::trim_left(rest.substr(length));
        return !rest.empty() && rest.front() == '<';
    }
    const auto bracket = rest.find('<');
    address.display_name = trim(rest.substr(0, bracket));
    rest.remove_prefix(bracket);
    return is_display_text(address.display_name);
}

// Has a scheme and nothing that would end it early.
bool looks_like_uri(std::string_view uri) {
    const auto colon = uri.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    for (const unsigned char c : uri) {
        if (c <= ' ' || c == '<' || c == '>' || c == '"' || c == 0x7f) return false;
    }
    return true;
}

bool take_bracketed(std::string_view& rest, NameAddress& address) {
    const auto close = rest.find('>');
    if (close == std::string_view::npos) return false;
    address.uri = rest.substr(1, close - 1);
    rest = sip::trim_left(rest.substr(close + 1));
    return looks_like_uri(address.uri);
}

// Without brackets the first ';' begins header field parameters, and ',' and '?' are forbidden (section 20).
bool take_bare(std::string_view& rest, NameAddress& address) {
    std::size_t length = 0;
    while (length < rest.size() && rest[length] != ';' &&
           !sip::is(static_cast<unsigned char>(rest[length]), sip::kWhite))
        ++length;
    address.uri = rest.substr(0, length);
    rest = sip::trim_left(rest.substr(length));
    if (address.uri == "*") return true;  // Contact: * (section 10.2.2)
    return looks_like_uri(address.uri) && address.uri.find_first_of(",?") == std::string_view::npos;
}

}  // namespace

Result<NameAddress> NameAddress::parse(std::string_view value) {
    NameAddress address;
    auto rest = trim(value);
    address.text = rest;
    const bool quoted = !rest.empty() && rest.front() == '"';
    if (quoted || rest.find('<') < rest.find(';')) {
        if (!take_display_name(rest, address) || !take_bracketed(rest, address)) return SipErrc::bad_address;
    } else if (!take_bare(rest, address)) {
        return SipErrc::bad_address;
    }
    if (rest.empty()) return address;
    if (rest.front() != ';') return SipErrc::bad_address;
    address.parameters = rest.substr(1);
    if (sip::trim_left(address.parameters).empty() || !sip::are_parameters(address.parameters))
        return SipErrc::bad_address;
    return address;
}

std::optional<std::string_view> NameAddress::parameter(std::string_view name) const {
    return sip::find_parameter(parameters, name);
}

}  // namespace viaduct
