// peer_settings: what is the same for all transports of a relay.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ice/ice_agent.hpp"

namespace viaduct::media_relay {

struct PeerTransportSettings {
    Duration learning_time = 5s;      // after a description, who may latch (symmetric RTP)
    bool strangers_may_latch = true;  // in it, hosts that neither the description nor the SIP named
    IceSettings ice;
    std::size_t mtu = 1200;      // of a DTLS datagram
    unsigned most_streams = 64;  // SSRCs in one direction
};

}  // namespace viaduct::media_relay
