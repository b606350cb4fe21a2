// media_interface: see media_interface.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay/media_interface.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include "relay/event_loop.hpp"

namespace viaduct::media_relay {

const MediaInterface& MediaInterfaces::find(std::string_view name) const {
    for (const MediaInterface& one : all_) {
        if (one.name == name) return one;
    }
    return all_.front();
}

std::size_t MediaInterfaces::ports_in_use() const {
    std::size_t sum = 0;
    for (const MediaInterface& one : all_) {
        for (const MediaAddress* address : {one.v4.get(), one.v6.get()}) {
            if (address != nullptr) sum += address->ports->in_use();
        }
    }
    return sum;
}

std::size_t MediaInterfaces::ports() const {
    std::size_t sum = 0;
    for (const MediaInterface& one : all_) {
        for (const MediaAddress* address : {one.v4.get(), one.v6.get()}) {
            if (address != nullptr) sum += address->ports->size();
        }
    }
    return sum;
}

std::optional<SocketAddress> default_address(bool v6) {
    // Connecting a UDP socket sends nothing; documentation addresses follow the default route (RFC 5737, RFC 3849).
    const auto target = SocketAddress::from_ip(v6 ? "2001:db8::1" : "192.0.2.1", 9);
    sockaddr_storage native{};
    const socklen_t length = target->to_native(native);
    const FileDescriptor probe{::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!probe || ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&native), length) != 0) return std::nullopt;
    socklen_t size = sizeof native;
    if (::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&native), &size) != 0) return std::nullopt;
    SocketAddress address = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
    address.set_port(0);
    return address;
}

}  // namespace viaduct::media_relay
