// own_addresses: see own_addresses.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/own_addresses.hpp"

#include <ifaddrs.h>
#include <net/if.h>

#include <algorithm>

#include <boost/algorithm/string/case_conv.hpp>

#include "sip/text.hpp"

namespace viaduct::transport {

namespace {

bool worldly(const SocketAddress& address) {
    // fe80::/10 names nothing outside its own link.
    const bool link_local = address.is_v6() && address.bytes().starts_with("\xfe\x80");
    return !address.is_loopback() && !link_local;
}

// The address a listener on all addresses names itself by.
SocketAddress best_of(const std::vector<SocketAddress>& interfaces, const SocketAddress& bound) {
    const auto family = [&](const SocketAddress& a) { return a.is_v6() == bound.is_v6(); };
    auto found = std::find_if(interfaces.begin(), interfaces.end(),
                              [&](const SocketAddress& a) { return family(a) && worldly(a); });
    if (found == interfaces.end()) found = std::find_if(interfaces.begin(), interfaces.end(), family);
    SocketAddress best = found == interfaces.end() ? bound : *found;
    best.set_port(bound.port());
    return best;
}

std::string host_and_port(std::string_view host, std::uint16_t port) {
    const auto address = SocketAddress::from_ip(host, port);
    return address ? address->text() : std::string{host} + ":" + std::to_string(port);
}

}  // namespace

std::vector<SocketAddress> interface_addresses() {
    std::vector<SocketAddress> found;
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return found;
    for (const ifaddrs* item = list; item != nullptr; item = item->ifa_next) {
        if (item->ifa_addr == nullptr || (item->ifa_flags & IFF_UP) == 0) continue;
        if (item->ifa_addr->sa_family != AF_INET && item->ifa_addr->sa_family != AF_INET6) continue;
        found.push_back(SocketAddress::from_native(item->ifa_addr));
    }
    ::freeifaddrs(list);
    return found;
}

OwnAddresses::OwnAddresses(const std::vector<Listener>& listeners, const std::vector<SocketAddress>& interfaces) {
    for (const Listener& listener : listeners) {
        const std::uint16_t port = listener.address.port();
        if (listener.address.is_unspecified()) {
            for (SocketAddress address : interfaces) {
                address.set_port(port);
                if (address.is_v6() == listener.address.is_v6()) add(address, listener.transport);
            }
        } else {
            add(listener.address, listener.transport);
        }
        const std::uint16_t advertised = listener.advertise_port != 0 ? listener.advertise_port : port;
        if (!listener.advertise_host.empty()) add_name(listener.advertise_host, advertised, listener.transport);

        const SocketAddress named =
            listener.address.is_unspecified() ? best_of(interfaces, listener.address) : listener.address;
        const std::string host = listener.advertise_host.empty() ? named.ip() : listener.advertise_host;
        sent_by_.push_back(host_and_port(host, advertised));
    }
}

bool OwnAddresses::contains(std::string_view host, std::uint16_t port) const {
    if (const auto address = SocketAddress::from_ip(host, port)) return addresses_.contains(*address);
    return std::any_of(names_.begin(), names_.end(), [&](const Name& name) {
        return name.port == port && sip::equal_ignoring_case(name.host, host);
    });
}

void OwnAddresses::add(const SocketAddress& address, Transport transport) {
    addresses_.insert(address);
    if (address.port() != default_port(transport)) return;
    SocketAddress plain = address;
    plain.set_port(0);
    addresses_.insert(plain);
}

void OwnAddresses::add_name(std::string_view host, std::uint16_t port, Transport transport) {
    if (const auto address = SocketAddress::from_ip(host, port)) return add(*address, transport);
    const std::string lower = boost::algorithm::to_lower_copy(std::string{host});
    names_.push_back({lower, port});
    if (port == default_port(transport)) names_.push_back({lower, 0});
}

}  // namespace viaduct::transport
