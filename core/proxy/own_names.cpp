// own_names: see own_names.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/own_names.hpp"

#include <algorithm>

#include "sip/text.hpp"

namespace viaduct::proxy {
namespace {

// `domain` is lower case, `host` is as written.
int compare(std::string_view domain, std::string_view host) {
    const std::size_t common = std::min(domain.size(), host.size());
    for (std::size_t i = 0; i < common; ++i) {
        const int difference = static_cast<unsigned char>(domain[i]) - static_cast<unsigned char>(sip::lower(host[i]));
        if (difference != 0) return difference;
    }
    return static_cast<int>(domain.size()) - static_cast<int>(host.size());
}

}  // namespace

OwnNames::OwnNames(std::vector<std::string> domains, const Domains* more, const transport::TransportLayer& transport)
    : domains_{std::move(domains)}, more_{more}, transport_{transport} {
    std::sort(domains_.begin(), domains_.end(), [](const auto& a, const auto& b) { return compare(a, b) < 0; });
}

bool OwnNames::is_domain(std::string_view host) const {
    const auto found = std::lower_bound(domains_.begin(), domains_.end(), host,
                                        [](const auto& domain, auto name) { return compare(domain, name) < 0; });
    if (found != domains_.end() && compare(*found, host) == 0) return true;
    return more_ != nullptr && more_->is_ours(host);
}

bool OwnNames::is_own_port(std::uint16_t port) const {
    const auto& all = transport_.listeners();
    return std::any_of(all.begin(), all.end(), [port](const transport::Listener& one) {
        return one.address.port() == port || one.advertise_port == port;
    });
}

bool OwnNames::leads_here(const Uri& uri) const {
    if (!uri.is_sip()) return false;
    if (transport_.is_own_address(uri.host(), uri.port())) return true;
    return is_domain(uri.host()) && (uri.port() == 0 || is_own_port(uri.port()));
}

bool OwnNames::is_local(const Uri& uri) const {
    // A domain that is an address is one of many ports there; a name is ours whatever the port.
    if (uri.is_sip() && is_domain(uri.host()) && !uri.address()) return true;
    return leads_here(uri);
}

}  // namespace viaduct::proxy
