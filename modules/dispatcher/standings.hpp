// standings: how every destination of the table stands, by set and URI, from one reading of the table to the next.
//
// Gives each its metrics; the first kMostLabels destinations have labels of their own, later ones count together. Any
// thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include <viaduct/metrics_api.hpp>

#include "destination.hpp"
#include "standing.hpp"

namespace viaduct::dispatcher {

class Standings {
public:
    using Key = std::pair<std::int64_t, std::string>;  // set, URI
    static constexpr std::size_t kMostLabels = 500;

    Standings(MetricsApi& metrics, const ProbeRules& rules, bool probe_flagged_only)
        : metrics_{metrics}, rules_{rules}, probe_flagged_only_{probe_flagged_only} {}

    // Of that destination: as it is known, or a new one.
    std::shared_ptr<Standing> of(const Destination& destination);
    // Those that are not in the table any more are forgotten.
    void keep_only(const std::set<Key>& keys);
    static Key key_of(const Destination& destination) { return {destination.row().set, destination.uri().text()}; }

private:
    struct Known {
        std::shared_ptr<Standing> standing;
        Registration gauge;
    };
    Known make(const Destination& destination);
    std::string labels(const Destination& destination);

    MetricsApi& metrics_;
    const ProbeRules rules_;
    const bool probe_flagged_only_;
    std::mutex mutex_;
    std::map<Key, Known> known_;
    std::set<std::string> labels_;  // ever given: counters stay
};

}  // namespace viaduct::dispatcher
