// viaduct/flow: the path a message took into this server, by which an answer or a later request can
// go back (RFC 5626 section 3.2, RFC 3261 section 18.2).
//
// For UDP a flow is (listener, remote address); for streams it is one connection for that
// connection's life. A plain value: holding one does not keep a connection open. A connection that is gone
// is noticed when sending, because its generation no longer matches.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <viaduct/socket_address.hpp>

namespace viaduct {

// Names one connection of this process: which worker owns it, which slot, and how often that slot was reused.
struct ConnectionId {
    std::uint16_t worker = 0;
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;  // 0: no connection

    explicit operator bool() const { return generation != 0; }
    friend auto operator<=>(const ConnectionId&, const ConnectionId&) = default;
    std::string text() const;  // "worker-slot-generation"; "" when there is none
};

struct Flow {
    Transport transport = Transport::udp;
    std::uint16_t listener = 0;  // index into [[listen]]; says which local address is used
    ConnectionId connection{};   // streams only
    SocketAddress local{};       // where it arrived: the listener's bound address, or the connection's local end
    SocketAddress remote{};      // who sent it, as the kernel saw it

    friend auto operator<=>(const Flow&, const Flow&) = default;

    // A short opaque token for storage in a binding or a Path URI (RFC 5626 section 5.2), and back.
    // Says nothing about the token's authenticity: see core/proxy/flow_tokens.hpp.
    std::string to_token() const;
    static std::optional<Flow> from_token(std::string_view token);
};

}  // namespace viaduct
