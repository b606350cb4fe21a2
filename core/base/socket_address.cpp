// socket_address: see viaduct/socket_address.hpp.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/socket_address.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace viaduct {

namespace {

struct TransportNames {
    Transport transport;
    std::string_view text, via;
    std::uint16_t port;
};
constexpr TransportNames kTransports[] = {{Transport::udp, "udp", "UDP", 5060},
                                          {Transport::tcp, "tcp", "TCP", 5060},
                                          {Transport::tls, "tls", "TLS", 5061},
                                          {Transport::ws, "ws", "WS", 80},
                                          {Transport::wss, "wss", "WSS", 443}};

const TransportNames& names(Transport transport) { return kTransports[static_cast<unsigned>(transport)]; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return (x | 0x20) == (y | 0x20); });
}

}  // namespace

std::string_view to_text(Transport transport) { return names(transport).text; }
std::string_view to_via_text(Transport transport) { return names(transport).via; }
std::uint16_t default_port(Transport transport) { return names(transport).port; }

std::optional<Transport> transport_from_text(std::string_view text) {
    for (const auto& entry : kTransports) {
        if (equal_ignoring_case(text, entry.text)) return entry.transport;
    }
    return std::nullopt;
}

std::optional<SocketAddress> SocketAddress::from_ip(std::string_view ip, std::uint16_t port) {
    if (ip.size() >= 2 && ip.front() == '[' && ip.back() == ']') {
        ip = ip.substr(1, ip.size() - 2);
        if (ip.find(':') == std::string_view::npos) return std::nullopt;
    }
    if (ip.size() >= INET6_ADDRSTRLEN) return std::nullopt;
    char text[INET6_ADDRSTRLEN] = {};
    std::copy(ip.begin(), ip.end(), text);
    SocketAddress address;
    address.v6_ = ip.find(':') != std::string_view::npos;
    address.port_ = port;
    if (inet_pton(address.v6_ ? AF_INET6 : AF_INET, text, address.bytes_.data()) != 1) return std::nullopt;
    return address;
}

std::optional<SocketAddress> SocketAddress::from_text(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view ip = text.substr(0, colon), digits = text.substr(colon + 1);
    if (ip.find(':') != std::string_view::npos && ip.front() != '[') return std::nullopt;
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return from_ip(ip, port);
}

SocketAddress SocketAddress::from_native(const sockaddr* native) {
    SocketAddress address;
    if (native->sa_family == AF_INET6) {
        sockaddr_in6 v6;
        std::memcpy(&v6, native, sizeof v6);
        address.port_ = ntohs(v6.sin6_port);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            std::memcpy(address.bytes_.data(), v6.sin6_addr.s6_addr + 12, 4);
        } else {
            address.v6_ = true;
            std::memcpy(address.bytes_.data(), &v6.sin6_addr, 16);
            if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) address.scope_ = v6.sin6_scope_id;
        }
    } else {
        sockaddr_in v4;
        std::memcpy(&v4, native, sizeof v4);
        address.port_ = ntohs(v4.sin_port);
        std::memcpy(address.bytes_.data(), &v4.sin_addr, 4);
    }
    return address;
}

std::uint32_t SocketAddress::to_native(sockaddr_storage& storage) const {
    if (v6_) {
        auto& v6 = *new (&storage) sockaddr_in6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port_);
        v6.sin6_scope_id = scope_;
        std::memcpy(&v6.sin6_addr, bytes_.data(), 16);
        return sizeof v6;
    }
    auto& v4 = *new (&storage) sockaddr_in{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port_);
    std::memcpy(&v4.sin_addr, bytes_.data(), 4);
    return sizeof v4;
}

bool SocketAddress::is_unspecified() const {
    return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool SocketAddress::is_loopback() const {
    if (!v6_) return bytes_[0] == 127;
    return bytes_[15] == 1 &&
           std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

bool SocketAddress::is_private() const {
    if (is_loopback()) return true;
    if (v6_) return (bytes_[0] & 0xfe) == 0xfc || (bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80);
    return bytes_[0] == 10 ||                                 // RFC 1918
           (bytes_[0] == 172 && (bytes_[1] & 0xf0) == 16) ||  //
           (bytes_[0] == 192 && bytes_[1] == 168) ||          //
           (bytes_[0] == 100 && (bytes_[1] & 0xc0) == 64) ||  // RFC 6598
           (bytes_[0] == 169 && bytes_[1] == 254);            // RFC 3927
}

std::string SocketAddress::ip() const {
    if (!v6_) {
        std::array<char, 20> digits;  // 15 are used; GCC's -O3 counts a dot after each number
        char* out = digits.data();
        for (std::size_t i = 0; i < 4; ++i) {
            if (i > 0) *out++ = '.';
            out = std::to_chars(out, digits.data() + digits.size(), bytes_[i]).ptr;
        }
        return {digits.data(), out};
    }
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
    return text;
}

std::string SocketAddress::host() const { return v6_ ? '[' + ip() + ']' : ip(); }

std::string SocketAddress::text() const { return host() + ':' + std::to_string(port_); }

std::size_t hash_value(const SocketAddress& address) {
    std::uint64_t high = 0, low = 0;
    const std::string_view bytes = address.bytes();
    std::memcpy(&high, bytes.data(), std::min<std::size_t>(8, bytes.size()));
    if (bytes.size() > 8) std::memcpy(&low, bytes.data() + 8, 8);
    std::uint64_t hash = (high ^ (low * 0x9e3779b97f4a7c15U)) + address.port();
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93U;
    hash ^= hash >> 32;
    return hash;
}

}  // namespace viaduct
