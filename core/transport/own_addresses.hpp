// own_addresses: which host:port pairs are this server's (RFC 3261 sections 16.4 and 18.1.2), and how a listener is
// named in Via and Record-Route.
//
// Built once at start; a listener bound to the unspecified address owns every address of the machine. Read-only
// afterwards.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include "transport/network.hpp"

namespace viaduct::transport {

// Every address of this machine's interfaces that are up; port 0.
std::vector<SocketAddress> interface_addresses();

class OwnAddresses {
public:
    OwnAddresses() = default;
    OwnAddresses(const std::vector<Listener>& listeners, const std::vector<SocketAddress>& interfaces);

    // Port 0: the host without a port was written, which stands for the transport's default one.
    bool contains(std::string_view host, std::uint16_t port) const;
    const std::string& sent_by(std::uint16_t listener) const { return sent_by_[listener]; }

private:
    struct Name {
        std::string host;  // lower case
        std::uint16_t port;
    };
    void add(const SocketAddress& address, Transport transport);
    void add_name(std::string_view host, std::uint16_t port, Transport transport);

    boost::unordered_flat_set<SocketAddress> addresses_;
    std::vector<Name> names_;
    std::vector<std::string> sent_by_;
};

}  // namespace viaduct::transport
