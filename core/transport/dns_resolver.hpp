// dns_resolver: Resolver over the DNS: RFC 3263 in full, with RFC 2782's order, a cache, and the memory of what failed.
//
// Each resolve() has its own deadline, whatever the servers do; at the deadline it answers with what is known by then.
// A name in /etc/hosts does not go to the DNS. Lives on its worker; destroy it before its DnsClient.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <viaduct/metrics_api.hpp>
#include <viaduct/workers.hpp>

#include "transport/dns_cache.hpp"
#include "transport/resolver.hpp"
#include "transport/srv_order.hpp"

namespace viaduct::transport {

struct ResolverSettings {
    Duration deadline = 4s;                 // of one resolve(), all its questions together
    std::size_t lookups = 10'000;           // under way at the same time; above: ResolveErrc::too_many at once
    std::size_t hosts = 32;                 // SRV targets looked up for one resolve()
    std::size_t destinations = 32;          // in one result
    bool ipv6_first = false;                // a dead IPv6 path costs a SIP call timer B, so it is not the default
    std::string hosts_file = "/etc/hosts";  // "" for none
    Duration failed_for = 30s;              // a destination that failed stands last for so long
    DnsCacheSettings cache;
};

// Can we send over this transport to that family? Usually can_send_with(layer).
using CanSend = UniqueFunction<bool(Transport transport, bool v6)>;
// By the listeners of the layer, which outlives the result. WebSocket clients are never called.
CanSend can_send_with(const TransportLayer& layer);

class DnsResolver final : public Resolver {
public:
    struct Dependencies {
        Workers& workers;
        TimerWheel& timers;
        DnsClient& client;
        MetricsApi& metrics;
        CanSend can_send;
        ResolverSettings settings{};
        RandomUpTo random{};  // for SRV weights; empty: a seeded generator of its own
    };
    explicit DnsResolver(Dependencies dependencies);
    ~DnsResolver() override;

    void resolve(const Uri& next_hop, Completion<Result<Destinations>> done) override;
    void report(const Destination& destination, bool worked) override;
    // Forgets answers and failures, e.g. by command.
    void clear();
    std::size_t cached() const;
    std::size_t under_way() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace viaduct::transport
