// dns_resolver: see dns_resolver.hpp; the steps of RFC 3263 are in resolution.cpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/dns_resolver.hpp"

#include <random>

#include "transport/resolution.hpp"

namespace viaduct::transport {

namespace {

RandomUpTo seeded_generator() {
    auto engine = std::make_unique<std::minstd_rand>(std::random_device{}());
    return [engine = std::move(engine)](std::uint32_t highest) {
        return std::uniform_int_distribution<std::uint32_t>{0, highest}(*engine);
    };
}

}  // namespace

CanSend can_send_with(const TransportLayer& layer) {
    return [&layer](Transport transport, bool v6) {
        if (transport == Transport::ws || transport == Transport::wss) return false;
        const auto anywhere = SocketAddress::from_ip(v6 ? "2001:db8::1" : "192.0.2.1", default_port(transport));
        return layer.listener_for({transport, *anywhere, std::nullopt, std::nullopt}).has_value();
    };
}

struct DnsResolver::State {
    explicit State(Dependencies dependencies)
        : core{dependencies.workers,
               dependencies.timers,
               dependencies.settings,
               std::move(dependencies.can_send),
               dependencies.random ? std::move(dependencies.random) : seeded_generator(),
               0,
               DnsCache{dependencies.workers, dependencies.client, dependencies.metrics, dependencies.settings.cache},
               HostsFile{dependencies.settings.hosts_file},
               DestinationHealth{dependencies.settings.failed_for}} {}

    ResolverCore core;
};

DnsResolver::DnsResolver(Dependencies dependencies) : state_{std::make_unique<State>(std::move(dependencies))} {}

DnsResolver::~DnsResolver() = default;

void DnsResolver::resolve(const Uri& next_hop, Completion<Result<Destinations>> done) {
    if (state_->core.under_way >= state_->core.settings.lookups) return done(make_error_code(ResolveErrc::too_many));
    std::make_shared<Resolution>(state_->core, std::move(done))->start(next_hop);
}

void DnsResolver::report(const Destination& destination, bool worked) {
    state_->core.health.report(destination, worked, state_->core.workers.now());
}

void DnsResolver::clear() {
    state_->core.cache.clear();
    state_->core.health = DestinationHealth{state_->core.settings.failed_for};
}

std::size_t DnsResolver::cached() const { return state_->core.cache.size(); }

std::size_t DnsResolver::under_way() const { return state_->core.under_way; }

}  // namespace viaduct::transport
