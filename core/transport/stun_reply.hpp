// stun_reply: the answer to a STUN keep-alive on a SIP port (RFC 5626 sections 4.4.2 and 8, RFC 5389).
//
// A phone behind a NAT sends a Binding request down its UDP flow and learns from the answer that the flow lives, and
// whether its address changed. No other STUN is spoken here. No I/O.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <boost/container/static_vector.hpp>

#include <viaduct/socket_address.hpp>

namespace viaduct::transport {

using StunReply = boost::container::static_vector<char, 44>;

// A Binding success response with the XOR-MAPPED-ADDRESS of `source`; nullopt when `datagram` is no Binding request.
std::optional<StunReply> stun_reply(std::string_view datagram, const SocketAddress& source);

}  // namespace viaduct::transport
