// forwarded: see forwarded.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "forwarded.hpp"

#include <optional>

#include "http_text.hpp"

namespace viaduct::http {
namespace {

// "192.0.2.1", "192.0.2.1:5060", "[2001:db8::1]:5060", "[2001:db8::1]", "2001:db8::1"
std::optional<SocketAddress> read_address(std::string_view text, std::uint16_t port) {
    if (auto address = SocketAddress::from_ip(text, port)) return address;
    return SocketAddress::from_text(text);
}

}  // namespace

SocketAddress forwarded_for(const AddressRanges& trusted, const SocketAddress& peer, std::string_view list) {
    SocketAddress who = peer;
    auto items = list_items(list);
    while (trusted.contains(who) && !items.empty()) {
        const auto next = read_address(items.back(), peer.port());
        if (!next) break;
        who = *next;
        items.pop_back();
    }
    return who;
}

}  // namespace viaduct::http
