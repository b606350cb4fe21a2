// destination_sets: table `dispatcher`: numbered sets of destinations, and how each destination stands.
//
// Filled, then only read: any thread. How destinations stand is kept beside the table, in Standings, so that it
// outlives a reading.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "destination.hpp"
#include "standing.hpp"

namespace viaduct::dispatcher {

class DestinationSets {
public:
    struct Entry {
        Destination destination;
        std::shared_ptr<Standing> standing;  // shared with Standings, and with other readings of the table
    };
    struct Set {
        std::vector<Entry> entries;  // in falling priority
        // Requests that took turns. Apart, because it alone changes.
        std::unique_ptr<std::atomic<std::uint64_t>> turns = std::make_unique<std::atomic<std::uint64_t>>(0);
        std::uint64_t next_turn() const { return turns->fetch_add(1, std::memory_order_relaxed); }
    };

    void add(Destination destination, std::shared_ptr<Standing> standing);
    // After the last add().
    void sort();
    const Set* find(std::int64_t set) const;
    const std::map<std::int64_t, Set>& all() const { return sets_; }
    std::size_t size() const { return size_; }

private:
    std::map<std::int64_t, Set> sets_;
    std::size_t size_ = 0;
};

}  // namespace viaduct::dispatcher
