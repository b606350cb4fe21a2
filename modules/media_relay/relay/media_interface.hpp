// media_interface: a name for where media goes in and out: one IPv4 address, one IPv6 address, or both.
//
// Behind a cloud's NAT the address that is bound differs from the one that peers are told. Immutable but for its ports;
// any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/socket_address.hpp>

#include "relay/port_pool.hpp"

namespace viaduct::media_relay {

struct MediaAddress {
    SocketAddress bound{}, advertised{};  // ports are 0
    std::unique_ptr<PortPool> ports;
};

struct MediaInterface {
    std::string name;
    std::unique_ptr<MediaAddress> v4, v6;  // one at least

    MediaAddress* of_family(bool is_v6) const { return is_v6 ? v6.get() : v4.get(); }
};

class MediaInterfaces {
public:
    explicit MediaInterfaces(std::vector<MediaInterface> all) : all_{std::move(all)} {}
    // The named one, else the first.
    const MediaInterface& find(std::string_view name) const;
    const std::vector<MediaInterface>& all() const { return all_; }
    std::size_t ports_in_use() const;  // pairs
    std::size_t ports() const;

private:
    std::vector<MediaInterface> all_;
};

// The machine's address that packets to the Internet leave from; nothing when there is no route.
std::optional<SocketAddress> default_address(bool v6);

}  // namespace viaduct::media_relay
