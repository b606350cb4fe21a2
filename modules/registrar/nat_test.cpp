// nat_test: see nat_test.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "nat_test.hpp"

namespace viaduct::registrar {

namespace {

// The phone itself wrote where it sends from (RFC 3261 section 18.1.1); the kernel saw something else (RFC 3581).
bool sent_by_differs(const Message& message, const Flow& flow) {
    const auto via = message.top_via();
    if (!via || message.values(HeaderId::via).size() != 1) return false;  // another proxy's Via, not the phone's
    const auto sent_by = SocketAddress::from_ip(via->host, via->port == 0 ? default_port(flow.transport) : via->port);
    if (!sent_by) return false;  // a name: says nothing
    if (!sent_by->same_ip(flow.remote)) return true;
    return via->has_rport && !is_stream(flow.transport) && sent_by->port() != flow.remote.port();
}

}  // namespace

bool is_behind_nat(const Message& message, const Uri& contact, const Flow& flow) {
    const auto address = contact.address();
    if (!address) return sent_by_differs(message, flow);
    const std::uint16_t port = contact.port_or_default();
    if (address->same_ip(flow.remote) && port == flow.remote.port())
        return false;  // it knows its outer address, or was told
    if (address->is_private() && !address->same_ip(flow.remote)) return true;
    return sent_by_differs(message, flow);
}

}  // namespace viaduct::registrar
