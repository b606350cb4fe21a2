// via_stamp: received and rport of the top Via: written when a request arrives (RFC 3261 section 18.2.1, RFC 3581
// section 4), read when a response leaves (RFC 3261 section 18.2.2).
//
// Plain functions; no I/O.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <viaduct/message.hpp>

namespace viaduct::transport {

// Adds received when the sent-by is a name or another address than `source`, rport when asked for. What the sender
// itself claimed in these two is replaced: only the socket tells the truth. Does nothing when the Via says all already.
void stamp_top_via(Message& request, const SocketAddress& source);

// Where a response goes by its Via alone: maddr, else received (else sent-by), at rport (else the sent-by's port, else
// the transport's default). nullopt when that is not an address.
std::optional<SocketAddress> response_address(const Via& via, Transport transport);
// Where a new connection for a response goes when the one the request came on is gone: rport is not used, since it was
// that connection's.
std::optional<SocketAddress> response_connect_address(const Via& via, Transport transport);

}  // namespace viaduct::transport
