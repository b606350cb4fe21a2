// resolution: one URI's way through RFC 3263 section 4: transport, then port, then addresses. Private to dns_resolver.
//
// Kept alive by the questions it has asked; finishes exactly once, at the latest at its deadline.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/timer_wheel.hpp"
#include "transport/destination_health.hpp"
#include "transport/dns_cache.hpp"
#include "transport/dns_resolver.hpp"
#include "transport/hosts_file.hpp"

namespace viaduct::transport {

// What the resolutions of one resolver share.
struct ResolverCore {
    Workers& workers;
    TimerWheel& timers;
    ResolverSettings settings;
    CanSend can_send;
    RandomUpTo random;
    std::size_t under_way;  // before the cache: the questions it drops give their place back
    DnsCache cache;
    HostsFile hosts;
    DestinationHealth health;

    bool usable(Transport transport) { return can_send(transport, false) || can_send(transport, true); }
};

class Resolution : public std::enable_shared_from_this<Resolution>, private Timer {
public:
    Resolution(ResolverCore& core, Completion<Result<Destinations>> done);
    ~Resolution();
    void start(const Uri& next_hop);

private:
    struct Service {  // one SRV name, or a host when a NAPTR record says so (flag "a")
        Transport transport;
        std::string name;
        bool is_host = false;
        DnsCache::Answer answer{};
    };
    struct Hop {
        Transport transport;
        std::size_t host;  // in hosts_
        std::uint16_t port;
    };
    struct Host {
        std::string name;
        std::vector<SocketAddress> v4{}, v6{};
    };

    std::optional<ResolveErrc> choose_transport(const Uri& next_hop);
    Transport default_transport();
    void numeric(SocketAddress address, std::uint16_t port);
    void ask_naptr();
    void on_naptr(const DnsAnswer& answer);
    std::vector<Service> default_services();
    std::vector<Service> services_of(const DnsAnswer& answer);
    void ask_services(std::vector<Service> services);
    void services_answered();
    void add_hop(Transport transport, const std::string& host, std::uint16_t port);
    void ask_hosts();
    void ask_host(std::size_t index);
    void ask_addresses(std::size_t index, DnsType type);
    void host_answered();

    void note(DnsStatus status);
    Destinations destinations();
    void add_destinations(Destinations& found, const Hop& hop, const std::vector<SocketAddress>& addresses);
    void assemble();
    void on_deadline();
    void finish(Result<Destinations> result);
    bool finished() const { return !done_; }

    ResolverCore& core_;
    Completion<Result<Destinations>> done_;
    std::optional<Transport> transport_;  // decided
    bool secure_ = false;                 // sips
    std::string target_;                  // lower case
    std::vector<Service> services_;
    std::vector<Hop> hops_;
    std::vector<Host> hosts_;
    std::size_t waiting_ = 0;  // answers of this step
    bool timed_out_ = false, server_failed_ = false;
};

}  // namespace viaduct::transport
