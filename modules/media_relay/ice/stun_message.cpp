// stun_message: see stun_message.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ice/stun_message.hpp"

#include <algorithm>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <sys/socket.h>

#include "ice/stun_checksums.hpp"
#include "packet/byte_order.hpp"
#include "packet/fault_category.hpp"

namespace viaduct::media_relay {
namespace {

constexpr std::size_t kAttributeHeader = 4, kLongestUsername = 513;  // RFC 8489 section 14.3
constexpr unsigned kComprehensionOptional = 0x8000;

const char* words(StunFault fault) {
    switch (fault) {
        case StunFault::header: return "not a STUN header";
        case StunFault::length: return "a length that does not fit";
        case StunFault::attribute: return "an attribute with a wrong value";
        case StunFault::fingerprint: return "a wrong FINGERPRINT";
    }
    return "unknown";
}

SocketAddress address_from(const std::array<std::uint8_t, 16>& bytes, bool v6, std::uint16_t port) {
    if (v6) {
        sockaddr_in6 native{};
        native.sin6_family = AF_INET6;
        native.sin6_port = htons(port);
        std::copy_n(bytes.begin(), 16, native.sin6_addr.s6_addr);
        return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
    }
    sockaddr_in native{};
    native.sin_family = AF_INET;
    native.sin_port = htons(port);
    native.sin_addr.s_addr = htonl(read_32(bytes.data()));
    return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
}

}  // namespace

error_code make_error_code(StunFault fault) {
    static const FaultCategory<StunFault> category{"stun", words};
    return {static_cast<int>(fault), category};
}

Result<StunMessage> StunMessage::parse(Bytes datagram) {
    if (datagram.size() < kStunHeader || (datagram[0] & 0xc0) != 0) return StunFault::header;
    if (read_32(&datagram[4]) != kStunMagic) return StunFault::header;
    const std::size_t length = read_16(&datagram[2]);
    if (length % 4 != 0 || length + kStunHeader != datagram.size()) return StunFault::length;

    StunMessage message;
    message.bytes_ = datagram;
    const unsigned type = read_16(&datagram[0]);  // class and method are interleaved (section 5)
    message.kind_ = static_cast<StunClass>((type >> 4 & 1) | (type >> 7 & 2));
    message.method_ = static_cast<std::uint16_t>((type & 0xf) | (type >> 1 & 0x70) | (type >> 2 & 0xf80));
    std::copy_n(&datagram[8], message.transaction_.size(), message.transaction_.begin());

    for (std::size_t at = kStunHeader; at < datagram.size();) {
        if (datagram.size() - at < kAttributeHeader) return StunFault::length;
        const std::uint16_t attribute = read_16(&datagram[at]);
        const std::size_t size = read_16(&datagram[at + 2]);
        if (datagram.size() - at - kAttributeHeader < size) return StunFault::length;
        if (message.has_fingerprint_) return StunFault::fingerprint;  // section 14.7: it is the last
        if (!message.after_integrity(attribute)) {
            if (const auto read = message.read(attribute, datagram.subspan(at + kAttributeHeader, size), at); !read) {
                return read.error();
            }
        }
        at += kAttributeHeader + (size + 3) / 4 * 4;
    }
    return message;
}

// Section 14.5: what an attacker appends is not read.
bool StunMessage::after_integrity(std::uint16_t type) const {
    return has_integrity() && type != static_cast<std::uint16_t>(StunAttribute::fingerprint);
}

Result<void> StunMessage::read(std::uint16_t type, Bytes value, std::size_t at) {
    const auto is = [&value](std::size_t size) -> Result<void> {
        if (value.size() != size) return StunFault::attribute;
        return {};
    };
    switch (static_cast<StunAttribute>(type)) {
        case StunAttribute::username:
            if (value.size() > kLongestUsername) return StunFault::attribute;
            username_ = {reinterpret_cast<const char*>(value.data()), value.size()};
            return {};
        case StunAttribute::message_integrity: integrity_at_ = at; return is(kStunIntegrity);
        case StunAttribute::fingerprint: return read_fingerprint(value, at);
        case StunAttribute::xor_mapped_address: return read_address(value);
        case StunAttribute::priority:
            if (value.size() == 4) priority_ = read_32(value.data());
            return is(4);
        case StunAttribute::ice_controlling:
            if (value.size() == 8) controlling_ = read_64(value.data());
            return is(8);
        case StunAttribute::ice_controlled:
            if (value.size() == 8) controlled_ = read_64(value.data());
            return is(8);
        case StunAttribute::use_candidate: use_candidate_ = true; return is(0);
        case StunAttribute::error_code:
            if (value.size() < 4 || (value[2] & 7) < 3 || (value[2] & 7) > 6 || value[3] > 99) {
                return StunFault::attribute;
            }
            error_ = static_cast<std::uint16_t>((value[2] & 7) * 100 + value[3]);
            return {};
        case StunAttribute::mapped_address:
        case StunAttribute::unknown_attributes:
        case StunAttribute::realm:
        case StunAttribute::nonce:
        case StunAttribute::message_integrity_sha256:
        case StunAttribute::software: return {};
    }
    if (type < kComprehensionOptional && unknown_.size() < unknown_.capacity()) unknown_.push_back(type);
    return {};
}

Result<void> StunMessage::read_address(Bytes value) {
    // Section 14.2: the address is xored with the magic and the transaction id, as they stand in the header.
    if (value.size() < 4) return StunFault::attribute;
    const std::size_t size = value[1] == 1 ? 4 : value[1] == 2 ? 16 : 0;
    if (size == 0 || value.size() != 4 + size) return StunFault::attribute;
    std::array<std::uint8_t, 16> plain{};
    for (std::size_t i = 0; i < size; ++i) plain[i] = static_cast<std::uint8_t>(value[4 + i] ^ bytes_[4 + i]);
    const auto port = static_cast<std::uint16_t>(read_16(&value[2]) ^ kStunMagic >> 16);
    mapped_address_ = address_from(plain, value[1] == 2, port);
    return {};
}

Result<void> StunMessage::read_fingerprint(Bytes value, std::size_t at) {
    if (value.size() != 4) return StunFault::attribute;
    if (read_32(value.data()) != stun_fingerprint(bytes_.first(at))) return StunFault::fingerprint;
    has_fingerprint_ = true;
    return {};
}

bool StunMessage::is_authentic(std::string_view password) const {
    if (!has_integrity()) return false;
    const auto expected = stun_integrity(bytes_.first(integrity_at_), password);
    return CRYPTO_memcmp(expected.data(), &bytes_[integrity_at_ + kAttributeHeader], expected.size()) == 0;
}

}  // namespace viaduct::media_relay
