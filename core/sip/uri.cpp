// uri: see viaduct/uri.hpp. Reading and editing; comparing is in uri_compare.cpp.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/uri.hpp>

#include <algorithm>

#include <viaduct/sip_error.hpp>

#include "sip/text.hpp"
#include "sip/uri_parts.hpp"

namespace viaduct {

namespace {

std::string_view scheme_prefix(Uri::Scheme scheme) {
    switch (scheme) {
        case Uri::Scheme::sip: return "sip:";
        case Uri::Scheme::sips: return "sips:";
        case Uri::Scheme::tel: return "tel:";
        case Uri::Scheme::other: break;
    }
    return "";
}

// One parameter of "a=b;c": cut off the front of `rest`.
std::string_view take_parameter(std::string_view& rest) {
    const auto end = rest.find(';');
    const auto parameter = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return parameter;
}

// `parameters` without the one of that name.
std::string without(std::string_view parameters, std::string_view name) {
    std::string kept;
    while (!parameters.empty()) {
        const auto parameter = take_parameter(parameters);
        if (sip::equal_ignoring_case(parameter.substr(0, parameter.find('=')), name)) continue;
        if (!kept.empty()) kept += ';';
        kept += parameter;
    }
    return kept;
}

// Everything from `from` on, where `from` is a view into text or empty with a null pointer.
std::size_t offset_in(const std::string& text, std::string_view part) {
    return static_cast<std::size_t>(part.data() - text.data());
}

}  // namespace

Result<Uri> Uri::parse(std::string_view text) {
    Uri uri;
    if (!uri.adopt(std::string{text})) return SipErrc::bad_uri;
    return uri;
}

Uri Uri::make(Scheme scheme, std::string_view user, std::string_view host, std::uint16_t port) {
    std::string text{scheme_prefix(scheme)};
    text += sip::escape_user(user);
    if (scheme != Scheme::tel) {
        if (!user.empty()) text += '@';
        text += host;
        if (port != 0) text += ':' + std::to_string(port);
    }
    Uri uri;
    uri.adopt(std::move(text));
    return uri;
}

bool Uri::adopt(std::string text) {
    const auto parsed = sip::parse_uri(text);
    if (!parsed) return false;
    const auto part = [&text](std::string_view view) {
        if (view.data() == nullptr) return Part{};
        return Part{static_cast<std::uint32_t>(offset_in(text, view)), static_cast<std::uint32_t>(view.size())};
    };
    user_ = part(parsed->user);
    password_ = part(parsed->password);
    host_ = part(parsed->host);
    parameters_ = part(parsed->parameters);
    headers_ = part(parsed->headers);
    port_ = parsed->port;
    scheme_ = parsed->scheme;
    text_ = std::move(text);
    return true;
}

std::string_view Uri::scheme_text() const { return std::string_view{text_}.substr(0, text_.find(':')); }

std::uint16_t Uri::port_or_default() const {
    if (port_ != 0) return port_;
    const auto named = transport();
    if (scheme_ != Scheme::sips) return default_port(named.value_or(Transport::udp));
    const bool web = named == Transport::ws || named == Transport::wss;  // RFC 7118 section 5.4
    return default_port(web ? Transport::wss : Transport::tls);
}

bool Uri::has_parameter(std::string_view name) const { return parameter(name).has_value(); }

std::optional<std::string_view> Uri::parameter(std::string_view name) const {
    for (auto rest = parameters(); !rest.empty();) {
        const auto parameter = take_parameter(rest);
        const auto equals = parameter.find('=');
        if (!sip::equal_ignoring_case(parameter.substr(0, equals), name)) continue;
        return equals == std::string_view::npos ? std::string_view{} : parameter.substr(equals + 1);
    }
    return std::nullopt;
}

std::optional<Transport> Uri::transport() const {
    const auto text = parameter("transport");
    return text ? transport_from_text(*text) : std::nullopt;
}

std::optional<SocketAddress> Uri::address() const {
    if (host_.length == 0) return std::nullopt;
    // RFC 3261's grammar allowed a third colon before an embedded IPv4 address (RFC 5118 section 4.10).
    if (const auto colons = host().find(":::"); colons != std::string_view::npos)
        return SocketAddress::from_ip(std::string{host()}.erase(colons, 1), port_or_default());
    return SocketAddress::from_ip(host(), port_or_default());
}

std::string Uri::assemble(std::string_view user_info, std::string_view host_port, std::string_view parameters) const {
    std::string text{scheme_text()};
    text += ':';
    text += user_info;
    if (is_sip() && !user_info.empty()) text += '@';
    text += host_port;
    if (!parameters.empty()) text.append(";").append(parameters);
    if (headers_.length != 0) text.append("?").append(headers());
    return text;
}

std::string_view Uri::user_info() const {
    if (user_.length == 0) return {};
    const auto end = password_.begin != 0 ? password_.begin + password_.length : user_.begin + user_.length;
    return std::string_view{text_}.substr(user_.begin, end - user_.begin);
}

std::string_view Uri::host_port() const {
    if (host_.length == 0) return {};
    const auto host_end = host_.begin + host_.length;
    const auto end = std::min(text_.find_first_of(";?", host_end), text_.size());
    return std::string_view{text_}.substr(host_.begin, end - host_.begin);
}

void Uri::set_user(std::string_view user) { adopt(assemble(sip::escape_user(user), host_port(), parameters())); }

void Uri::set_host(std::string_view host) {
    if (!is_sip()) return;
    std::string host_port{host};
    if (port_ != 0) host_port += ':' + std::to_string(port_);
    adopt(assemble(user_info(), host_port, parameters()));
}

void Uri::set_port(std::uint16_t port) {
    if (!is_sip()) return;
    std::string host_port{host()};
    if (port != 0) host_port += ':' + std::to_string(port);
    adopt(assemble(user_info(), host_port, parameters()));
}

void Uri::set_parameter(std::string_view name, std::string_view value) {
    if (scheme_ == Scheme::other) return;
    auto parameters = without(this->parameters(), name);
    if (!parameters.empty()) parameters += ';';
    parameters += name;
    if (!value.empty()) parameters.append("=").append(value);
    adopt(assemble(user_info(), host_port(), parameters));
}

void Uri::remove_parameter(std::string_view name) {
    if (has_parameter(name)) adopt(assemble(user_info(), host_port(), without(parameters(), name)));
}

void Uri::remove_headers() {
    if (headers_.length != 0) adopt(text_.substr(0, headers_.begin - 1));
}

}  // namespace viaduct
