// proxy_protocol: see proxy_protocol.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/proxy_protocol.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include <boost/system/errc.hpp>

#include "sip/text.hpp"

namespace viaduct::transport {

namespace {

constexpr std::string_view kText = "PROXY ";
constexpr std::string_view kBinary{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kLongestText = 107;      // section 2.1, CRLF included
constexpr std::size_t kBinaryHead = 16;        // signature, version and command, family, length
constexpr std::size_t kLongestBinary = 4'096;  // addresses and what may follow them (TLVs)

Result<ProxyHeader> wrong() { return boost::system::errc::make_error_code(boost::system::errc::protocol_error); }

std::string_view take_word(std::string_view& rest) {
    const auto end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

// "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"
Result<ProxyHeader> parse_text(std::string_view bytes) {
    const auto end = bytes.substr(0, kLongestText).find("\r\n");
    if (end == std::string_view::npos)
        return bytes.size() < kLongestText ? Result<ProxyHeader>{ProxyHeader{}} : wrong();
    ProxyHeader header{.size = end + 2};
    std::string_view rest = bytes.substr(kText.size(), end - kText.size());
    const std::string_view family = take_word(rest);
    if (family == "UNKNOWN") return header;
    if (family != "TCP4" && family != "TCP6") return wrong();
    const std::string_view source = take_word(rest);
    take_word(rest);  // destination
    const auto port = sip::parse_number<std::uint16_t>(take_word(rest));
    const auto address = port ? SocketAddress::from_ip(source, *port) : std::nullopt;
    if (!address || address->is_v6() != (family == "TCP6")) return wrong();
    header.source = address;
    return header;
}

template <std::size_t N>
SocketAddress address_at(std::string_view bytes, std::size_t port_at) {
    const auto port = static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[port_at]) << 8 |
                                                 static_cast<unsigned char>(bytes[port_at + 1]));
    if constexpr (N == 4) {
        sockaddr_in native{.sin_family = AF_INET, .sin_port = htons(port)};
        std::memcpy(&native.sin_addr, bytes.data(), N);
        return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
    } else {
        sockaddr_in6 native{.sin6_family = AF_INET6, .sin6_port = htons(port)};
        std::memcpy(&native.sin6_addr, bytes.data(), N);
        return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
    }
}

Result<ProxyHeader> parse_binary(std::string_view bytes) {
    if (bytes.size() < kBinaryHead) return ProxyHeader{};
    const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
    const unsigned version = octet(12) >> 4, command = octet(12) & 0x0f, family = octet(13);
    const std::size_t length = static_cast<std::size_t>(octet(14)) << 8 | octet(15);
    if (version != 2 || command > 1 || length > kLongestBinary) return wrong();
    if (bytes.size() < kBinaryHead + length) return ProxyHeader{};
    ProxyHeader header{.size = kBinaryHead + length};
    const std::string_view addresses = bytes.substr(kBinaryHead, length);
    if (command == 0) return header;  // LOCAL: a health check of the proxy's own
    constexpr unsigned kTcp4 = 0x11, kTcp6 = 0x21;
    if (family == kTcp4 && length >= 12)
        header.source = address_at<4>(addresses, 8);
    else if (family == kTcp6 && length >= 36)
        header.source = address_at<16>(addresses, 32);
    else
        return wrong();
    return header;
}

bool begins(std::string_view bytes, std::string_view signature) {
    return bytes.substr(0, signature.size()) == signature.substr(0, bytes.size());
}

}  // namespace

Result<ProxyHeader> parse_proxy_header(std::string_view bytes) {
    if (!begins(bytes, kText) && !begins(bytes, kBinary)) return wrong();
    if (bytes.size() >= kText.size() && begins(bytes, kText)) return parse_text(bytes);
    if (bytes.size() >= kBinary.size() && begins(bytes, kBinary)) return parse_binary(bytes);
    return ProxyHeader{};
}

void ProxyProtocol::receive(std::string_view bytes, StreamOutput& output) {
    seen_.append(bytes);
    const auto header = parse_proxy_header(seen_);
    if (!header) {
        output.end = StreamEnd{"no PROXY protocol header", true};
        return;
    }
    if (header->size == 0) return;
    output.remote = header->source;
    output.leave = true;
    output.remainder = seen_.substr(header->size);
}

}  // namespace viaduct::transport
