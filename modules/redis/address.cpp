// address: see address.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <charconv>

#include <fmt/format.h>

namespace viaduct::redis {

namespace {

constexpr std::string_view kUnix = "unix:";

std::optional<Address> with_port(std::string_view host, std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65535) return std::nullopt;
    if (host.empty()) return std::nullopt;
    return Address{std::string{host}, port, {}};
}

bool is_literal(int family, const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return inet_pton(family, host.c_str(), bytes.data()) == 1;
}

// After "[".
std::optional<Address> parse_bracketed(std::string_view text) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || !is_literal(AF_INET6, std::string{text.substr(0, end)})) return std::nullopt;
    const std::string_view host = text.substr(0, end), rest = text.substr(end + 1);
    if (rest.empty()) return Address{.host = std::string{host}, .socket = {}};
    return rest.starts_with(':') ? with_port(host, rest.substr(1)) : std::nullopt;
}

}  // namespace

bool Address::is_name() const { return socket.empty() && !is_literal(AF_INET, host) && !is_literal(AF_INET6, host); }

std::string Address::text() const {
    if (!socket.empty()) return std::string{kUnix} + socket;
    return host.find(':') != std::string::npos ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::optional<Address> parse_address(std::string_view text) {
    const bool is_unix = text.starts_with(kUnix);
    if (is_unix) text.remove_prefix(kUnix.size());
    if (text.starts_with('/')) return Address{"", 0, std::string{text}};
    if (is_unix || text.empty() || text.find_first_of(" \t/") != std::string_view::npos) return std::nullopt;
    if (text.starts_with('[')) return parse_bracketed(text.substr(1));
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return Address{.host = std::string{text}, .socket = {}};
    // Several colons are an IPv6 address without a port, or nothing.
    if (text.find(':', colon + 1) == std::string_view::npos)
        return with_port(text.substr(0, colon), text.substr(colon + 1));
    if (!is_literal(AF_INET6, std::string{text})) return std::nullopt;
    return Address{.host = std::string{text}, .socket = {}};
}

}  // namespace viaduct::redis
