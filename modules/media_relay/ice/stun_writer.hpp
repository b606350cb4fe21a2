// stun_writer: builds one STUN message in a buffer of its own (RFC 8489 section 5).
//
// The sums come last: add_integrity(), then add_fingerprint(). What does not fit is left out; nothing of ours comes
// near the limit but a software name or user name of somebody else.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "ice/stun_message.hpp"

namespace viaduct::media_relay {

class StunWriter {
public:
    StunWriter(StunClass kind, const TransactionId& transaction, std::uint16_t method = kStunBinding);

    StunWriter& add_username(std::string_view username);
    StunWriter& add_priority(std::uint32_t priority);
    StunWriter& add_use_candidate();
    StunWriter& add_role(bool controlling, std::uint64_t tie_breaker);
    StunWriter& add_mapped_address(const SocketAddress& address);  // xored
    StunWriter& add_error(unsigned code, std::string_view reason);
    StunWriter& add_unknown(std::span<const std::uint16_t> types);
    StunWriter& add_integrity(std::string_view password);
    StunWriter& add_fingerprint();

    Bytes bytes() const { return {bytes_.data(), size_}; }

private:
    // Room for the value; null when there is none.
    std::uint8_t* add(StunAttribute type, std::size_t value_size);

    std::array<std::uint8_t, 768> bytes_{};
    std::size_t size_ = kStunHeader;
};

}  // namespace viaduct::media_relay
