// datagram_sink: where STUN and DTLS leave to. No call may lead back into whoever sends.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/socket_address.hpp>

#include "packet/datagram.hpp"

namespace viaduct::media_relay {

class DatagramSink {
public:
    virtual ~DatagramSink() = default;
    // From the local socket of that id. The bytes are gone when the call returns.
    virtual void send(std::uint8_t socket, const SocketAddress& to, Bytes datagram) = 0;
};

}  // namespace viaduct::media_relay
