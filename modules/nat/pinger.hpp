// pinger: keeps the paths to one worker's phones open (RFC 5626 section 3.5; RFC 3261 section 11 for OPTIONS).
//
// Performs what its PingScheduler says with the Location and ClientApi services, and reports the outcome back. Used on
// its own worker only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <viaduct/client_api.hpp>
#include <viaduct/location.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/registration.hpp>
#include <viaduct/workers.hpp>

#include "ping_scheduler.hpp"

namespace viaduct::nat {

enum class PingKind : std::uint8_t { none, options, crlf };

struct PingCounters {
    Counter& sent;
    Counter& failed;
    Counter& removed;
};

class Pinger {
public:
    Pinger(Workers& workers, Location& location, ClientApi& client, PingKind kind, const PingScheduleSettings& settings,
           const PingCounters& counters);

    void update(const std::vector<PingTarget>& targets);
    // Something arrived on a flow: a pong, if one was awaited (RFC 5626 section 4.4.1).
    void heard(const Flow& flow);
    // No more pings.
    void stop();

private:
    struct AwaitedPong {
        PingTarget target;
        Registration deadline;
    };

    void arm();
    void run();
    void ping(PingTarget target);
    void ping_with_options(PingTarget target, const Binding& binding);
    void ping_with_crlf(PingTarget target, const Binding& binding);
    void await_pong(PingTarget target, const ConnectionId& connection);
    void finish_pongs(const ConnectionId& connection, bool alive);
    bool registered_since(const PingTarget& target) const;
    void finished(const PingTarget& target, bool alive);

    Workers& workers_;
    Location& location_;
    ClientApi& client_;
    PingKind kind_;
    PingCounters counters_;
    PingScheduler scheduler_;
    bool stopped_ = false;
    std::multimap<ConnectionId, AwaitedPong> pongs_;
    Registration timer_;
};

}  // namespace viaduct::nat
