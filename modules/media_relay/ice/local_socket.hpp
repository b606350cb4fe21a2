// local_socket: one socket of a transport, and a way from it to the peer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container/small_vector.hpp>

#include "ice/ice_parameters.hpp"

namespace viaduct::media_relay {

// Ids are the owner's: small numbers, unique within the transport.
struct LocalSocket {
    std::uint8_t id = 0;
    Component component = Component::rtp;
    SocketAddress address{};     // bound
    SocketAddress advertised{};  // as in our candidate: differs behind a cloud's NAT

    bool operator==(const LocalSocket&) const = default;
};
inline constexpr std::size_t kMostLocalSockets = 4;  // IPv4 and IPv6, RTP and RTCP
using LocalSockets = boost::container::small_vector<LocalSocket, 2>;

struct Path {
    std::uint8_t socket = 0;
    SocketAddress remote{};

    bool operator==(const Path&) const = default;
};

// Of our own candidate for that socket, the `index`th of the transport: IPv6 before IPv4 (RFC 8421), then as listed.
std::uint32_t local_priority(const LocalSocket& socket, std::size_t index, CandidateType type);
// a=candidate for that socket: what to put into our description.
IceCandidate local_candidate(const LocalSocket& socket, std::size_t index);

}  // namespace viaduct::media_relay
