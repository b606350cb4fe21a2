// stun_writer: see stun_writer.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ice/stun_writer.hpp"

#include <algorithm>

#include "ice/stun_checksums.hpp"
#include "packet/byte_order.hpp"

namespace viaduct::media_relay {

StunWriter::StunWriter(StunClass kind, const TransactionId& transaction, std::uint16_t method) {
    const unsigned c = static_cast<unsigned>(kind), m = method;
    write_16(&bytes_[0], (m & 0xf) | (c & 1) << 4 | (m & 0x70) << 1 | (c & 2) << 7 | (m & 0xf80) << 2);
    write_32(&bytes_[4], kStunMagic);
    std::copy(transaction.begin(), transaction.end(), bytes_.begin() + 8);
}

std::uint8_t* StunWriter::add(StunAttribute type, std::size_t value_size) {
    const std::size_t padded = (value_size + 3) / 4 * 4;
    if (bytes_.size() - size_ < 4 + padded) return nullptr;
    write_16(&bytes_[size_], static_cast<std::uint16_t>(type));
    write_16(&bytes_[size_ + 2], static_cast<std::uint32_t>(value_size));
    std::uint8_t* value = &bytes_[size_] + 4;
    size_ += 4 + padded;
    write_16(&bytes_[2], static_cast<std::uint32_t>(size_ - kStunHeader));
    return value;
}

StunWriter& StunWriter::add_username(std::string_view username) {
    if (std::uint8_t* value = add(StunAttribute::username, username.size())) {
        std::copy(username.begin(), username.end(), value);
    }
    return *this;
}

StunWriter& StunWriter::add_priority(std::uint32_t priority) {
    if (std::uint8_t* value = add(StunAttribute::priority, 4)) write_32(value, priority);
    return *this;
}

StunWriter& StunWriter::add_use_candidate() {
    add(StunAttribute::use_candidate, 0);
    return *this;
}

StunWriter& StunWriter::add_role(bool controlling, std::uint64_t tie_breaker) {
    const auto type = controlling ? StunAttribute::ice_controlling : StunAttribute::ice_controlled;
    if (std::uint8_t* value = add(type, 8)) write_64(value, tie_breaker);
    return *this;
}

StunWriter& StunWriter::add_mapped_address(const SocketAddress& address) {
    const std::string_view ip = address.bytes();
    std::uint8_t* value = add(StunAttribute::xor_mapped_address, 4 + ip.size());
    if (value == nullptr) return *this;
    value[1] = address.is_v6() ? 2 : 1;
    write_16(value + 2, address.port() ^ kStunMagic >> 16);
    for (std::size_t i = 0; i < ip.size(); ++i) {
        value[4 + i] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(ip[i]) ^ bytes_[4 + i]);
    }
    return *this;
}

StunWriter& StunWriter::add_error(unsigned code, std::string_view reason) {
    if (std::uint8_t* value = add(StunAttribute::error_code, 4 + reason.size())) {
        value[2] = static_cast<std::uint8_t>(code / 100);
        value[3] = static_cast<std::uint8_t>(code % 100);
        std::copy(reason.begin(), reason.end(), value + 4);
    }
    return *this;
}

StunWriter& StunWriter::add_unknown(std::span<const std::uint16_t> types) {
    if (std::uint8_t* value = add(StunAttribute::unknown_attributes, 2 * types.size())) {
        for (std::size_t i = 0; i < types.size(); ++i) write_16(value + 2 * i, types[i]);
    }
    return *this;
}

StunWriter& StunWriter::add_integrity(std::string_view password) {
    const auto sum = stun_integrity(bytes(), password);
    if (std::uint8_t* value = add(StunAttribute::message_integrity, sum.size())) {
        std::copy(sum.begin(), sum.end(), value);
    }
    return *this;
}

StunWriter& StunWriter::add_fingerprint() {
    const auto sum = stun_fingerprint(bytes());
    if (std::uint8_t* value = add(StunAttribute::fingerprint, 4)) write_32(value, sum);
    return *this;
}

}  // namespace viaduct::media_relay
