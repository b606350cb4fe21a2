// own_names: which hosts are this server: its listeners' addresses and names, and the domains it serves
// (RFC 3261 sections 16.4, 16.5 and 19.1.1).
//
// Read-only after construction; lives on its worker and refers to that worker's TransportLayer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <viaduct/domains.hpp>
#include <viaduct/uri.hpp>

#include "transport/transport_layer.hpp"

namespace viaduct::proxy {

class OwnNames {
public:
    // `domains`: lower case, as in [server] domains. `more`: domains known elsewhere, or null.
    OwnNames(std::vector<std::string> domains, const Domains* more, const transport::TransportLayer& transport);

    bool is_domain(std::string_view host) const;
    // Would a request sent to this URI come here? A listener, or a domain of ours without another's port.
    bool leads_here(const Uri& uri) const;
    // Are we responsible for what this URI names (any port of a domain, else an address of ours)?
    bool is_local(const Uri& uri) const;
    bool is_own_address(std::string_view host, std::uint16_t port) const {
        return transport_.is_own_address(host, port);
    }

private:
    bool is_own_port(std::uint16_t port) const;

    std::vector<std::string> domains_;  // sorted
    const Domains* more_;
    const transport::TransportLayer& transport_;
};

}  // namespace viaduct::proxy
