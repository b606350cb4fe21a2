// local_socket: see local_socket.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ice/local_socket.hpp"

namespace viaduct::media_relay {

std::uint32_t local_priority(const LocalSocket& socket, std::size_t index, CandidateType type) {
    const unsigned preference = (socket.address.is_v6() ? 65535U : 65279U) - static_cast<unsigned>(index & 0xff);
    return candidate_priority(type, static_cast<std::uint16_t>(preference), socket.component);
}

IceCandidate local_candidate(const LocalSocket& socket, std::size_t index) {
    // RFC 8445 section 5.1.1.3: the same for candidates of one type from one address.
    return {socket.address.is_v6() ? "2" : "1", socket.component, local_priority(socket, index, CandidateType::host),
            socket.advertised, CandidateType::host};
}

}  // namespace viaduct::media_relay
