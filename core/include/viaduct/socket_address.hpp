// viaduct/socket_address: an IPv4 or IPv6 address with a port, and the SIP transports.
//
// A value of 28 bytes, comparable and hashable. Never resolves names.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;
struct sockaddr_storage;

namespace viaduct {

// RFC 3261 section 19.1.1, RFC 7118 section 5.
enum class Transport : std::uint8_t { udp, tcp, tls, ws, wss };

constexpr bool is_stream(Transport transport) { return transport != Transport::udp; }
constexpr bool is_secure(Transport transport) { return transport == Transport::tls || transport == Transport::wss; }
// "udp", "tcp", ...: as in a URI parameter.
std::string_view to_text(Transport transport);
// "UDP", "TCP", ...: as in a Via header field.
std::string_view to_via_text(Transport transport);
// Either spelling, any case.
std::optional<Transport> transport_from_text(std::string_view text);
// 5060, 5061, 80, 443 (RFC 3261 section 19.1.2, RFC 7118 section 5.4).
std::uint16_t default_port(Transport transport);

class SocketAddress {
public:
    SocketAddress() = default;  // IPv4 0.0.0.0:0
    // "192.0.2.1", "2001:db8::1", "[2001:db8::1]": no port in the text.
    static std::optional<SocketAddress> from_ip(std::string_view ip, std::uint16_t port);
    // "192.0.2.1:5060", "[2001:db8::1]:5060"; the port is required.
    static std::optional<SocketAddress> from_text(std::string_view text);
    static SocketAddress from_native(const sockaddr* address);

    // Fills `storage` and returns the length to hand to the kernel.
    std::uint32_t to_native(sockaddr_storage& storage) const;

    bool is_v6() const { return v6_; }
    bool is_v4() const { return !v6_; }
    std::uint16_t port() const { return port_; }
    void set_port(std::uint16_t port) { port_ = port; }
    bool is_unspecified() const;
    bool is_loopback() const;
    // RFC 1918, RFC 6598, RFC 4193, link-local and loopback: not reachable from the Internet.
    bool is_private() const;
    // The address alone, IPv6 without brackets.
    std::string ip() const;
    // The address as a SIP host: IPv6 in brackets.
    std::string host() const;
    // host:port
    std::string text() const;
    // 4 or 16 bytes in network order.
    std::string_view bytes() const {
        return {reinterpret_cast<const char*>(bytes_.data()), v6_ ? std::size_t{16} : std::size_t{4}};
    }
    bool same_ip(const SocketAddress& other) const {
        return v6_ == other.v6_ && bytes_ == other.bytes_ && scope_ == other.scope_;
    }

    friend auto operator<=>(const SocketAddress&, const SocketAddress&) = default;

private:
    std::array<std::uint8_t, 16> bytes_{};
    std::uint32_t scope_ = 0;  // IPv6 link-local
    std::uint16_t port_ = 0;
    bool v6_ = false;
};

std::size_t hash_value(const SocketAddress& address);  // found by boost::hash too

}  // namespace viaduct

template <>
struct std::hash<viaduct::SocketAddress> {
    std::size_t operator()(const viaduct::SocketAddress& address) const { return hash_value(address); }
};
