// relays: the external relays of the configuration, and how they are: which may have calls, which are silent.
//
// The circuit breaker of each: failures in a row, or a refusal of its host, open it; then no call goes there until a
// ping was answered (half open: the ping is the probe, never a call). Made before workers run; health is atomic, any
// thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/socket_address.hpp>

namespace viaduct::rtpengine {

struct RelaySettings {
    std::string name;
    SocketAddress address;
    unsigned set = 0;
    unsigned weight = 1;  // 0: only when no other can
};

enum class RelayHealth : std::uint8_t { up, down, probing };
std::string_view to_text(RelayHealth health);

class Relay {
public:
    Relay(RelaySettings settings, unsigned failures_before_down)
        : settings_{std::move(settings)}, most_failures_{failures_before_down} {}

    const RelaySettings& settings() const { return settings_; }
    RelayHealth health() const { return health_.load(std::memory_order_relaxed); }
    bool is_enabled() const { return enabled_.load(std::memory_order_relaxed); }
    bool is_usable() const { return is_enabled() && health() == RelayHealth::up; }
    void enable(bool enabled) { enabled_.store(enabled, std::memory_order_relaxed); }

    // Each says whether the relay became another one by it: something to log.
    bool answered();
    bool failed();   // no answer in time
    bool refused();  // its host says nobody listens there: no need to wait
    // Half open: false when it is not down.
    bool start_probe();

    struct Counts {
        std::atomic<std::uint64_t> requests{0}, repeated{0}, answers{0}, timeouts{0}, refusals{0};
    };
    Counts& counts() { return counts_; }
    const Counts& counts() const { return counts_; }

private:
    RelaySettings settings_;
    unsigned most_failures_;
    std::atomic<RelayHealth> health_{RelayHealth::up};  // until a ping says otherwise
    std::atomic<bool> enabled_{true};
    std::atomic<unsigned> failures_{0};
    Counts counts_;
};

class Relays {
public:
    Relays(std::vector<RelaySettings> settings, unsigned failures_before_down);

    std::size_t size() const { return relays_.size(); }
    Relay& operator[](unsigned index) { return *relays_[index]; }
    const Relay& operator[](unsigned index) const { return *relays_[index]; }
    // By name or address; size() when there is none.
    unsigned find(std::string_view name) const;
    // The relays of a set in the order in which a call tries them: the same for every worker and after a restart,
    // spread by weight (weighted rendezvous hashing), whatever their health.
    std::vector<unsigned> order(std::string_view call_id, unsigned set) const;

private:
    std::vector<std::unique_ptr<Relay>> relays_;
};

}  // namespace viaduct::rtpengine
