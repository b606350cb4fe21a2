// listen_settings: the [[listen]] tables.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.hpp"
#include "transport/network.hpp"

namespace viaduct::config {

// In the order of the file; `index` is that order. Faults: none at all when one is needed, a bad address, the same one
// twice.
std::vector<transport::Listener> read_listeners(Configuration& configuration, bool needed);

// A name or an IPv4 address as in a SIP URI, no port: letters, digits, '-', '.' and '_'.
bool is_host(std::string_view text);

struct HostPort {
    std::string host;        // IPv6 with brackets
    std::uint16_t port = 0;  // 0: none given
};
// "host", "host:5060", "192.0.2.1", "[2001:db8::1]:5060".
std::optional<HostPort> parse_host_port(std::string_view text);

}  // namespace viaduct::config
