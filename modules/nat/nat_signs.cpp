// nat_signs: the sender's own view against the source address.
// SPDX-License-Identifier: Apache-2.0
#include "nat_signs.hpp"

namespace viaduct::nat {
namespace {

// RFC 2606 section 2: never resolves. In any case, as host names are.
bool is_invalid_name(std::string_view host) {
    constexpr std::string_view kSuffix = ".invalid";
    if (host.size() < kSuffix.size()) return false;
    host.remove_prefix(host.size() - kSuffix.size());
    for (std::size_t i = 0; i < kSuffix.size(); ++i) {
        const char c = host[i] >= 'A' && host[i] <= 'Z' ? static_cast<char>(host[i] - 'A' + 'a') : host[i];
        if (c != kSuffix[i]) return false;
    }
    return true;
}

std::optional<SocketAddress> address_of(std::string_view host, std::uint16_t port) {
    return SocketAddress::from_ip(host, port);
}

// A connection's source port is the sender's choice of the moment. So is a datagram's, unless the sender asks with
// rport to be answered there, which obliges it to listen there (RFC 3581 section 3).
bool ports_count(const Via& via, const Flow& flow) { return flow.transport == Transport::udp && via.has_rport; }

bool differs(const SocketAddress& claimed, const Flow& flow, bool with_port) {
    if (!claimed.same_ip(flow.remote)) return true;
    return with_port && claimed.port() != flow.remote.port();
}

void look_at_via(const Via& via, const Flow& flow, NatSigns& signs) {
    const std::uint16_t port = via.port != 0 ? via.port : default_port(flow.transport);
    const auto claimed = address_of(via.host, port);
    signs.via_differs = claimed && differs(*claimed, flow, ports_count(via, flow));
}

void look_at_contact(const Uri& contact, const Via& via, const Flow& flow, NatSigns& signs) {
    signs.no_address = is_invalid_name(contact.host());
    const auto claimed = address_of(contact.host(), contact.port_or_default());
    if (!claimed) return;
    signs.private_contact = claimed->is_private() && !claimed->same_ip(flow.remote);
    signs.contact_differs = differs(*claimed, flow, ports_count(via, flow));
}

}  // namespace

NatSigns nat_signs(const Message& request, const Flow& flow) {
    NatSigns signs;
    const auto via = request.top_via();
    if (!via || request.values(HeaderId::via).size() != 1) return signs;
    look_at_via(*via, flow, signs);

    const auto contacts = request.values(HeaderId::contact);
    if (contacts.empty() || contacts.front() == "*") return signs;
    const auto contact = NameAddress::parse(contacts.front());
    const auto uri = contact ? Uri::parse(contact->uri) : Result<Uri>{contact.error()};
    if (uri && uri->is_sip()) look_at_contact(*uri, *via, flow, signs);
    return signs;
}

bool is_unreachable(const Uri& contact) {
    const auto address = address_of(contact.host(), 0);
    return address ? address->is_private() : is_invalid_name(contact.host());
}

}  // namespace viaduct::nat
