// relays: see relays.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relays.hpp"

#include <algorithm>
#include <cmath>

namespace viaduct::rtpengine {
namespace {

// FNV-1a with a final mix: the same on every machine, unlike std::hash.
std::uint64_t stable_hash(std::string_view text, std::uint64_t seed) {
    std::uint64_t hash = 14695981039346656037U ^ seed;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdU;
    hash ^= hash >> 33;
    return hash;
}

double score(std::string_view call_id, const RelaySettings& relay) {
    const auto hash = stable_hash(call_id, stable_hash(relay.address.text(), 0));
    const double unit = (static_cast<double>(hash >> 11) + 0.5) / 9007199254740992.0;  // (0, 1)
    if (relay.weight == 0) return unit - 1;                                            // below all others
    return -static_cast<double>(relay.weight) / std::log(unit);
}

}  // namespace

std::string_view to_text(RelayHealth health) {
    switch (health) {
        case RelayHealth::up: return "up";
        case RelayHealth::down: return "down";
        case RelayHealth::probing: return "probing";
    }
    return "";
}

bool Relay::answered() {
    failures_.store(0, std::memory_order_relaxed);
    counts_.answers.fetch_add(1, std::memory_order_relaxed);
    return health_.exchange(RelayHealth::up, std::memory_order_relaxed) != RelayHealth::up;
}

bool Relay::failed() {
    counts_.timeouts.fetch_add(1, std::memory_order_relaxed);
    const unsigned failures = failures_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (failures < most_failures_ && health() == RelayHealth::up) return false;
    return health_.exchange(RelayHealth::down, std::memory_order_relaxed) == RelayHealth::up;
}

bool Relay::refused() {
    counts_.refusals.fetch_add(1, std::memory_order_relaxed);
    return health_.exchange(RelayHealth::down, std::memory_order_relaxed) == RelayHealth::up;
}

bool Relay::start_probe() {
    RelayHealth expected = RelayHealth::down;
    return health_.compare_exchange_strong(expected, RelayHealth::probing, std::memory_order_relaxed);
}

Relays::Relays(std::vector<RelaySettings> settings, unsigned failures_before_down) {
    for (RelaySettings& one : settings) {
        relays_.push_back(std::make_unique<Relay>(std::move(one), failures_before_down));
    }
}

unsigned Relays::find(std::string_view name) const {
    const auto found = std::find_if(relays_.begin(), relays_.end(), [&](const auto& relay) {
        return relay->settings().name == name || relay->settings().address.text() == name;
    });
    return static_cast<unsigned>(found - relays_.begin());
}

std::vector<unsigned> Relays::order(std::string_view call_id, unsigned set) const {
    std::vector<std::pair<double, unsigned>> scored;
    for (unsigned i = 0; i < relays_.size(); ++i) {
        const RelaySettings& relay = relays_[i]->settings();
        if (relay.set == set) scored.emplace_back(score(call_id, relay), i);
    }
    std::sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<unsigned> order;
    for (const auto& one : scored) order.push_back(one.second);
    return order;
}

}  // namespace viaduct::rtpengine
