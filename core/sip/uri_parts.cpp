// uri_parts: see uri_parts.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "sip/uri_parts.hpp"

#include <algorithm>

#include <viaduct/sip_error.hpp>

#include "sip/text.hpp"

namespace viaduct::sip {

namespace {

bool is_visible(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c != 0x7f; });
}

// *( ";" pname [ "=" pvalue ] ), given without the first ';'. Empty parameters are refused.
bool are_uri_parameters(std::string_view text) {
    char before = ';';
    for (const char c : text) {
        if (before == ';' && (c == ';' || c == '=')) return false;
        if (c != ';' && (!is(static_cast<unsigned char>(c), kParameter) || c == '?' || c == '#' || c == ','))
            return false;
        before = c;
    }
    return before != ';';
}

// hname "=" hvalue *( "&" ... ), given without the '?'.
bool are_uri_headers(std::string_view text) {
    return !text.empty() && all_of(text, kParameter) && text.find('=') != std::string_view::npos;
}

bool take_user(std::string_view text, UriParts& parts) {
    const auto colon = text.find(':');
    parts.user = text.substr(0, colon);
    if (colon != std::string_view::npos) parts.password = text.substr(colon + 1);
    return !parts.user.empty() && all_of(parts.user, kUser) && all_of(parts.password, kParameter);
}

// [ userinfo ] hostport uri-parameters [ headers ]
bool parse_sip(std::string_view rest, UriParts& parts) {
    if (const auto at = rest.find('@'); at != std::string_view::npos) {
        if (!take_user(rest.substr(0, at), parts)) return false;
        rest.remove_prefix(at + 1);
    }
    parts.host = take_host(rest);
    if (!is_host(parts.host)) return false;
    if (take_char(rest, ':')) {
        const auto port = parse_number<std::uint16_t>(take(rest, kDigit));
        if (!port || *port == 0) return false;
        parts.port = *port;
    }
    if (const auto question = rest.find('?'); question != std::string_view::npos) {
        parts.headers = rest.substr(question + 1);
        if (!are_uri_headers(parts.headers)) return false;
        rest = rest.substr(0, question);
    }
    if (rest.empty()) return true;
    if (!take_char(rest, ';')) return false;
    parts.parameters = rest;
    return are_uri_parameters(rest);
}

// telephone-subscriber: global or local number, then parameters (RFC 3966 section 3).
bool parse_tel(std::string_view rest, UriParts& parts) {
    const auto semicolon = rest.find(';');
    parts.user = rest.substr(0, semicolon);
    constexpr std::string_view kNumber = "0123456789+-.()*#ABCDEFabcdef";
    if (parts.user.empty() || parts.user.find_first_not_of(kNumber) != std::string_view::npos) return false;
    if (parts.user.find_first_of("0123456789*#ABCDEFabcdef") == std::string_view::npos) return false;
    if (semicolon == std::string_view::npos) return true;
    parts.parameters = rest.substr(semicolon + 1);
    return are_uri_parameters(parts.parameters);
}

// Any other absolute URI: shown, compared, never routed.
bool parse_other(std::string_view rest) {
    return !rest.empty() && is_visible(rest) && rest.find_first_of("<>\"") == std::string_view::npos;
}

std::string_view take_scheme(std::string_view& rest) {
    const auto colon = rest.find(':');
    if (colon == std::string_view::npos || colon == 0 || !is(static_cast<unsigned char>(rest.front()), kAlpha))
        return {};
    const auto scheme = rest.substr(0, colon);
    const bool clean = std::all_of(scheme.begin(), scheme.end(), [](unsigned char c) {
        return is(c, kAlpha) || is(c, kDigit) || c == '+' || c == '-' || c == '.';
    });
    if (!clean) return {};
    rest.remove_prefix(colon + 1);
    return scheme;
}

Uri::Scheme scheme_of(std::string_view text) {
    if (equal_ignoring_case(text, "sip")) return Uri::Scheme::sip;
    if (equal_ignoring_case(text, "sips")) return Uri::Scheme::sips;
    if (equal_ignoring_case(text, "tel")) return Uri::Scheme::tel;
    return Uri::Scheme::other;
}

}  // namespace

std::string_view take_host(std::string_view& rest) {
    if (rest.empty() || rest.front() != '[') return take(rest, kHost);
    const auto close = rest.find(']');
    if (close == std::string_view::npos) return {};
    const auto host = rest.substr(0, close + 1);
    rest.remove_prefix(close + 1);
    return host;
}

bool is_host(std::string_view host) {
    if (host.empty()) return false;
    if (host.front() != '[') return all_of(host, kHost) && host.front() != '.' && host.front() != '-';
    if (host.size() < 4 || host.back() != ']') return false;
    const auto address = host.substr(1, host.size() - 2);
    return address.find(':') != address.rfind(':') && std::all_of(address.begin(), address.end(), [](unsigned char c) {
               return is(c, kHex) || c == ':' || c == '.';
           });
}

Result<UriParts> parse_uri(std::string_view text) {
    UriParts parts;
    auto rest = text;
    parts.scheme_text = take_scheme(rest);
    if (parts.scheme_text.empty() || !escapes_are_whole(text)) return SipErrc::bad_uri;
    parts.scheme = scheme_of(parts.scheme_text);
    const bool good = parts.scheme == Uri::Scheme::other ? parse_other(rest)
                      : parts.scheme == Uri::Scheme::tel ? parse_tel(rest, parts)
                                                         : parse_sip(rest, parts);
    if (!good) return SipErrc::bad_uri;
    return parts;
}

std::string unescape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && is(static_cast<unsigned char>(text[i + 1]), kHex) &&
            is(static_cast<unsigned char>(text[i + 2]), kHex)) {
            out.push_back(static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2])));
            i += 2;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

std::string escape_user(std::string_view user) {
    constexpr std::string_view kHexDigits = "0123456789ABCDEF";
    std::string out;
    out.reserve(user.size());
    for (std::size_t i = 0; i < user.size(); ++i) {
        const auto c = static_cast<unsigned char>(user[i]);
        if (c == '%' ? escapes_are_whole(user.substr(i, 3)) : is(c, kUser)) {
            out.push_back(user[i]);
        } else {
            out.push_back('%');
            out.push_back(kHexDigits[c >> 4]);
            out.push_back(kHexDigits[c & 15]);
        }
    }
    return out;
}

}  // namespace viaduct::sip
