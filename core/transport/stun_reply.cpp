// stun_reply: see stun_reply.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/stun_reply.hpp"

namespace viaduct::transport {

namespace {

constexpr std::size_t kHeader = 20;  // type, length, cookie, transaction (RFC 5389 section 6)
constexpr std::string_view kBindingRequest{"\x00\x01", 2};
constexpr std::string_view kCookie{"\x21\x12\xA4\x42", 4};
constexpr unsigned kBindingSuccess = 0x0101, kXorMappedAddress = 0x0020;

void put_two(StunReply& reply, unsigned value) {
    reply.push_back(static_cast<char>(value >> 8 & 0xFF));
    reply.push_back(static_cast<char>(value & 0xFF));
}

bool is_binding_request(std::string_view datagram) {
    if (datagram.size() < kHeader || !datagram.starts_with(kBindingRequest) || datagram.substr(4, 4) != kCookie)
        return false;
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(datagram[2]) << 8 |
                                                 static_cast<unsigned char>(datagram[3]));
    return length % 4 == 0 && kHeader + length == datagram.size();
}

}  // namespace

std::optional<StunReply> stun_reply(std::string_view datagram, const SocketAddress& source) {
    if (!is_binding_request(datagram)) return std::nullopt;
    const std::string_view ip = source.bytes();
    // Cookie and transaction id: what the address is XORed with (section 15.2).
    const std::string_view mask = datagram.substr(4, kHeader - 4);
    StunReply reply;
    put_two(reply, kBindingSuccess);
    put_two(reply, static_cast<unsigned>(4 + 4 + ip.size()));
    reply.insert(reply.end(), mask.begin(), mask.end());
    put_two(reply, kXorMappedAddress);
    put_two(reply, static_cast<unsigned>(4 + ip.size()));
    put_two(reply, source.is_v6() ? 2 : 1);
    put_two(reply, source.port() ^ 0x2112U);
    for (std::size_t i = 0; i < ip.size(); ++i) reply.push_back(static_cast<char>(ip[i] ^ mask[i]));
    return reply;
}

}  // namespace viaduct::transport
