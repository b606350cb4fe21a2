// own_listeners: see own_listeners.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "server/own_listeners.hpp"

#include <algorithm>

#include <boost/algorithm/string/case_conv.hpp>

namespace viaduct::server {

namespace {

// Without a transport parameter it is UDP, TLS for sips (RFC 3263 section 4.1).
Transport transport_of(const Uri& uri) {
    const auto named = uri.transport();
    if (uri.scheme() == Uri::Scheme::sips && (!named || *named == Transport::tcp)) return Transport::tls;
    return named.value_or(Transport::udp);
}

std::string lower(std::string_view text) { return boost::algorithm::to_lower_copy(std::string{text}); }

}  // namespace

Listeners::Match OwnListeners::match(const transport::Listener& listener, const Uri& uri) const {
    if (listener.transport != transport_of(uri)) return Match::not_ours;
    const std::uint16_t port = uri.port_or_default();
    const std::uint16_t bound = listener.address.port();
    const std::uint16_t advertised = listener.advertise_port != 0 ? listener.advertise_port : bound;
    const bool is_name = !listener.advertise_host.empty() && lower(uri.host()) == lower(listener.advertise_host);
    if (is_name && port == advertised) return Match::ours;
    if (port != bound && port != advertised && bound != 0) return Match::not_ours;
    auto address = uri.address();
    if (!address) return Match::unknown;
    address->set_port(0);
    const auto is_host = [&](SocketAddress own) {
        own.set_port(0);
        return own == *address;
    };
    const bool everywhere = listener.address.is_unspecified();
    const bool found = everywhere
                           ? address->is_loopback() || std::any_of(interfaces_.begin(), interfaces_.end(), is_host)
                           : is_host(listener.address);
    return found && (port == bound || bound == 0) ? Match::ours : Match::not_ours;
}

Listeners::Match OwnListeners::match(const Uri& uri) const {
    Match best = Match::not_ours;
    for (const auto& listener : listeners_) {
        const Match one = match(listener, uri);
        if (one == Match::ours) return one;
        if (one == Match::unknown) best = one;
    }
    return best;
}

std::string OwnListeners::text() const {
    std::string all;
    for (const auto& listener : listeners_) {
        if (!all.empty()) all += ", ";
        all += to_text(listener.transport);
        all += ' ' + listener.address.text();
        if (!listener.advertise_host.empty()) all += " (advertised as " + listener.advertise_host + ")";
    }
    return all;
}

}  // namespace viaduct::server
