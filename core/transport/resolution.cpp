// resolution: see resolution.hpp. The steps stand in the order of RFC 3263 section 4.
// SPDX-License-Identifier: Apache-2.0
#include "transport/resolution.hpp"

#include <algorithm>

#include "sip/text.hpp"

namespace viaduct::transport {

namespace {

using sip::equal_ignoring_case;

// sips never leaves a secure transport (RFC 3261 section 19.1, RFC 5630).
std::optional<Transport> secured(Transport transport) {
    switch (transport) {
        case Transport::tcp:
        case Transport::tls: return Transport::tls;
        case Transport::ws:
        case Transport::wss: return Transport::wss;
        case Transport::udp: break;
    }
    return std::nullopt;
}

std::string_view srv_prefix(Transport transport) {
    switch (transport) {
        case Transport::udp: return "_sip._udp.";
        case Transport::tcp: return "_sip._tcp.";
        case Transport::tls: return "_sips._tcp.";
        case Transport::ws:
        case Transport::wss: break;
    }
    return {};
}

// RFC 3263 section 4.1, RFC 7118 section 10.2.
std::optional<Transport> transport_of_service(std::string_view service) {
    if (equal_ignoring_case(service, "SIP+D2U")) return Transport::udp;
    if (equal_ignoring_case(service, "SIP+D2T")) return Transport::tcp;
    if (equal_ignoring_case(service, "SIPS+D2T")) return Transport::tls;
    if (equal_ignoring_case(service, "SIP+D2W")) return Transport::ws;
    if (equal_ignoring_case(service, "SIPS+D2W")) return Transport::wss;
    return std::nullopt;
}

std::string as_name(std::string_view host) {
    std::string name{host};
    std::transform(name.begin(), name.end(), name.begin(), sip::lower);
    if (name.ends_with('.')) name.pop_back();
    return name;
}

}  // namespace

Resolution::Resolution(ResolverCore& core, Completion<Result<Destinations>> done)
    : Timer{[](Timer& timer) { static_cast<Resolution&>(timer).on_deadline(); }}, core_{core}, done_{std::move(done)} {
    ++core_.under_way;
    core_.timers.arm(*this, core_.workers.now() + core_.settings.deadline);
}

Resolution::~Resolution() {
    if (!finished()) --core_.under_way;
}

void Resolution::start(const Uri& next_hop) {
    if (!next_hop.is_sip()) return finish(make_error_code(ResolveErrc::not_found));
    // Section 4: TARGET is the maddr parameter's value when there is one.
    const auto maddr = next_hop.parameter("maddr");
    target_ = as_name(maddr && !maddr->empty() ? *maddr : next_hop.host());
    if (const auto error = choose_transport(next_hop)) return finish(make_error_code(*error));
    const auto address = SocketAddress::from_ip(target_, 0);
    if (address) return numeric(*address, next_hop.port());
    if (next_hop.port() != 0) {
        add_hop(transport_.value_or(default_transport()), target_, next_hop.port());
        return ask_hosts();
    }
    if (transport_) return ask_services(default_services());
    ask_naptr();
}

// Section 4.1: what the URI itself decides.
std::optional<ResolveErrc> Resolution::choose_transport(const Uri& next_hop) {
    secure_ = next_hop.scheme() == Uri::Scheme::sips;
    if (!next_hop.has_parameter("transport")) return std::nullopt;
    transport_ = next_hop.transport();
    if (transport_ && secure_) transport_ = secured(*transport_);
    if (!transport_ || !core_.usable(*transport_)) return ResolveErrc::no_usable_transport;
    return std::nullopt;
}

// Section 4.1: UDP for sip and TLS over TCP for sips, unless we do not have UDP.
Transport Resolution::default_transport() {
    if (secure_) return Transport::tls;
    for (const Transport transport : {Transport::udp, Transport::tcp, Transport::tls}) {
        if (core_.usable(transport)) return transport;
    }
    return Transport::udp;
}

void Resolution::numeric(SocketAddress address, std::uint16_t port) {
    const Transport transport = transport_.value_or(default_transport());
    if (!core_.can_send(transport, address.is_v6())) return finish(make_error_code(ResolveErrc::no_usable_transport));
    address.set_port(port != 0 ? port : default_port(transport));
    finish(Destinations{
        Destination{transport, address, std::nullopt, std::nullopt, transport == Transport::tls ? address.ip() : ""}});
}

void Resolution::ask_naptr() {
    core_.cache.lookup(DnsType::naptr, target_, [self = shared_from_this()](const DnsCache::Answer& answer) {
        if (!self->finished()) self->on_naptr(*answer);
    });
}

void Resolution::on_naptr(const DnsAnswer& answer) {
    note(answer.status);
    auto services = services_of(answer);
    ask_services(services.empty() ? default_services() : std::move(services));
}

// The usable services of the lowest order (RFC 3403 section 4.1: higher orders are then not considered), by preference.
std::vector<Resolution::Service> Resolution::services_of(const DnsAnswer& answer) {
    std::vector<const NaptrRecord*> usable;
    for (const NaptrRecord& record : answer.pointers) {
        const auto transport = transport_of_service(record.service);
        const bool flag = equal_ignoring_case(record.flags, "s") || equal_ignoring_case(record.flags, "a");
        if (!transport || !flag || record.replacement.empty() || !core_.usable(*transport)) continue;
        if (!secure_ || is_secure(*transport)) usable.push_back(&record);
    }
    std::stable_sort(usable.begin(), usable.end(), [](const NaptrRecord* a, const NaptrRecord* b) {
        return std::pair{a->order, a->preference} < std::pair{b->order, b->preference};
    });
    std::vector<Service> services;
    for (const NaptrRecord* record : usable) {
        if (record->order != usable.front()->order) break;
        services.push_back({*transport_of_service(record->service), as_name(record->replacement),
                            equal_ignoring_case(record->flags, "a")});
    }
    return services;
}

// Without NAPTR records: the SRV names of every transport we can use, or of the one decided (section 4.2).
std::vector<Resolution::Service> Resolution::default_services() {
    std::vector<Service> services;
    for (const Transport transport : {Transport::udp, Transport::tcp, Transport::tls}) {
        if (transport_ ? transport != *transport_ : secure_ && transport != Transport::tls) continue;
        if (core_.usable(transport)) services.push_back({transport, std::string{srv_prefix(transport)} + target_});
    }
    return services;
}

void Resolution::ask_services(std::vector<Service> services) {
    services_ = std::move(services);
    waiting_ = services_.size() + 1;  // one for this loop: answers may come at once
    for (std::size_t i = 0; i < services_.size(); ++i) {
        if (services_[i].is_host) {
            --waiting_;
            continue;
        }
        core_.cache.lookup(DnsType::srv, services_[i].name,
                           [self = shared_from_this(), i](const DnsCache::Answer& answer) {
                               if (self->finished()) return;
                               self->note(answer->status);
                               self->services_[i].answer = answer;
                               if (--self->waiting_ == 0) self->services_answered();
                           });
    }
    if (--waiting_ == 0) services_answered();
}

void Resolution::services_answered() {
    bool not_offered = false;
    for (const Service& service : services_) {
        if (service.is_host) add_hop(service.transport, service.name, default_port(service.transport));
        if (!service.answer) continue;
        const auto records = order_srv(service.answer->services, core_.random);
        not_offered = not_offered || (records.empty() && !service.answer->services.empty());
        for (const SrvRecord& record : records) add_hop(service.transport, as_name(record.target), record.port);
    }
    // RFC 2782: a target of "." says that the service is decidedly not there.
    if (hops_.empty() && not_offered) return finish(make_error_code(ResolveErrc::not_found));
    if (hops_.empty()) {
        const Transport transport = transport_.value_or(default_transport());
        add_hop(transport, target_, default_port(transport));
    }
    ask_hosts();
}

void Resolution::add_hop(Transport transport, const std::string& host, std::uint16_t port) {
    const auto found =
        std::find_if(hosts_.begin(), hosts_.end(), [&](const Host& known) { return known.name == host; });
    const auto index = static_cast<std::size_t>(found - hosts_.begin());
    if (found == hosts_.end()) {
        if (hosts_.size() >= core_.settings.hosts) return;
        hosts_.push_back({host});
    }
    hops_.push_back({transport, index, port});
}

void Resolution::ask_hosts() {
    waiting_ = 1;  // for this loop
    for (std::size_t i = 0; i < hosts_.size(); ++i) ask_host(i);
    host_answered();
}

void Resolution::ask_host(std::size_t index) {
    Host& host = hosts_[index];
    if (const auto address = SocketAddress::from_ip(host.name, 0)) {
        (address->is_v6() ? host.v6 : host.v4).push_back(*address);
        return;
    }
    if (const auto* known = core_.hosts.find(host.name, core_.workers.now())) {
        for (const SocketAddress& address : *known) (address.is_v6() ? host.v6 : host.v4).push_back(address);
        return;
    }
    bool v4 = false, v6 = false;
    for (const Hop& hop : hops_) {
        v4 = v4 || (hop.host == index && core_.can_send(hop.transport, false));
        v6 = v6 || (hop.host == index && core_.can_send(hop.transport, true));
    }
    if (v4) ask_addresses(index, DnsType::a);
    if (v6) ask_addresses(index, DnsType::aaaa);
}

void Resolution::ask_addresses(std::size_t index, DnsType type) {
    ++waiting_;
    const std::string name = hosts_[index].name;
    core_.cache.lookup(type, name, [self = shared_from_this(), index, type](const DnsCache::Answer& answer) {
        if (self->finished()) return;
        self->note(answer->status);
        auto addresses = answer->addresses;
        // Every caller starts at another one, so that plain address records share the load as well.
        if (addresses.size() > 1) {
            const auto first = self->core_.random(static_cast<std::uint32_t>(addresses.size() - 1));
            std::rotate(addresses.begin(), addresses.begin() + first, addresses.end());
        }
        (type == DnsType::aaaa ? self->hosts_[index].v6 : self->hosts_[index].v4) = std::move(addresses);
        self->host_answered();
    });
}

void Resolution::host_answered() {
    if (--waiting_ == 0) assemble();
}

void Resolution::note(DnsStatus status) {
    timed_out_ = timed_out_ || status == DnsStatus::timeout;
    server_failed_ = server_failed_ || status == DnsStatus::server_failure;
}

Destinations Resolution::destinations() {
    Destinations found;
    for (const Hop& hop : hops_) {
        const Host& host = hosts_[hop.host];
        add_destinations(found, hop, core_.settings.ipv6_first ? host.v6 : host.v4);
        add_destinations(found, hop, core_.settings.ipv6_first ? host.v4 : host.v6);
    }
    core_.health.sort(found, core_.workers.now());
    if (found.size() > core_.settings.destinations) found.resize(core_.settings.destinations);
    return found;
}

void Resolution::add_destinations(Destinations& found, const Hop& hop, const std::vector<SocketAddress>& addresses) {
    for (const SocketAddress& address : addresses) {
        if (!core_.can_send(hop.transport, address.is_v6())) continue;
        Destination destination{hop.transport, address, std::nullopt, std::nullopt,
                                hop.transport == Transport::tls ? target_ : std::string{}};
        destination.address.set_port(hop.port);
        if (std::find(found.begin(), found.end(), destination) == found.end()) found.push_back(destination);
    }
}

void Resolution::assemble() {
    Destinations found = destinations();
    if (!found.empty()) return finish(std::move(found));
    const bool unusable = std::any_of(hosts_.begin(), hosts_.end(),
                                      [](const Host& host) { return !host.v4.empty() || !host.v6.empty(); });
    const bool usable =
        std::any_of(hops_.begin(), hops_.end(), [&](const Hop& hop) { return core_.usable(hop.transport); });
    if (unusable || !usable) return finish(make_error_code(ResolveErrc::no_usable_transport));
    if (timed_out_) return finish(make_error_code(ResolveErrc::timeout));
    finish(make_error_code(server_failed_ ? ResolveErrc::server_failure : ResolveErrc::not_found));
}

void Resolution::on_deadline() {
    const auto self = shared_from_this();  // finishing may let go of the last question
    timed_out_ = true;
    Destinations found = destinations();
    if (!found.empty()) return finish(std::move(found));
    finish(make_error_code(ResolveErrc::timeout));
}

void Resolution::finish(Result<Destinations> result) {
    cancel();
    --core_.under_way;
    std::exchange(done_, {})(std::move(result));
}

}  // namespace viaduct::transport
