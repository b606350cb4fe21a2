// stun_message: a STUN message taken apart, every length checked (RFC 8489), with the attributes of ICE (RFC 8445
// section 7.1).
//
// Views into the datagram, which must outlive it. What follows MESSAGE-INTEGRITY is ignored, but FINGERPRINT.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include <boost/container/static_vector.hpp>

#include <viaduct/result.hpp>
#include <viaduct/socket_address.hpp>

#include "packet/datagram.hpp"

namespace viaduct::media_relay {

enum class StunClass : std::uint8_t { request = 0, indication = 1, success = 2, error = 3 };
inline constexpr std::uint16_t kStunBinding = 1;
inline constexpr std::uint32_t kStunMagic = 0x2112a442;
inline constexpr std::size_t kStunHeader = 20;

// RFC 8489 section 18.3, RFC 8445 section 20.
enum class StunAttribute : std::uint16_t {
    mapped_address = 0x0001,
    username = 0x0006,
    message_integrity = 0x0008,
    error_code = 0x0009,
    unknown_attributes = 0x000a,
    realm = 0x0014,
    nonce = 0x0015,
    message_integrity_sha256 = 0x001c,
    xor_mapped_address = 0x0020,
    priority = 0x0024,
    use_candidate = 0x0025,
    software = 0x8022,
    fingerprint = 0x8028,
    ice_controlled = 0x8029,
    ice_controlling = 0x802a,
};

enum class StunFault : std::uint8_t { header = 1, length, attribute, fingerprint };
error_code make_error_code(StunFault fault);

using TransactionId = std::array<std::uint8_t, 12>;

class StunMessage {
public:
    static Result<StunMessage> parse(Bytes datagram);

    StunClass kind() const { return kind_; }
    std::uint16_t method() const { return method_; }
    const TransactionId& transaction() const { return transaction_; }

    std::string_view username() const { return username_; }
    std::optional<std::uint32_t> priority() const { return priority_; }
    bool use_candidate() const { return use_candidate_; }
    std::optional<std::uint64_t> controlling() const { return controlling_; }  // the tie-breaker
    std::optional<std::uint64_t> controlled() const { return controlled_; }
    const std::optional<SocketAddress>& mapped_address() const { return mapped_address_; }
    unsigned error() const { return error_; }  // 300..699; 0: none
    bool has_fingerprint() const { return has_fingerprint_; }
    bool has_integrity() const { return integrity_at_ != 0; }
    // The HMAC-SHA1 with a short-term credential's password (section 9.1.1), compared in constant time.
    bool is_authentic(std::string_view password) const;
    // Comprehension-required attributes we do not know (section 14): the first few.
    const boost::container::static_vector<std::uint16_t, 8>& unknown() const { return unknown_; }

private:
    Result<void> read(std::uint16_t type, Bytes value, std::size_t at);
    Result<void> read_address(Bytes value);
    Result<void> read_fingerprint(Bytes value, std::size_t at);
    bool after_integrity(std::uint16_t type) const;

    Bytes bytes_;
    std::string_view username_;
    std::optional<SocketAddress> mapped_address_;
    std::optional<std::uint64_t> controlling_, controlled_;
    std::optional<std::uint32_t> priority_;
    std::size_t integrity_at_ = 0;
    TransactionId transaction_{};
    boost::container::static_vector<std::uint16_t, 8> unknown_;
    std::uint16_t method_ = 0, error_ = 0;
    StunClass kind_ = StunClass::request;
    bool use_candidate_ = false, has_fingerprint_ = false;
};

}  // namespace viaduct::media_relay

template <>
struct boost::system::is_error_code_enum<viaduct::media_relay::StunFault> : std::true_type {};
