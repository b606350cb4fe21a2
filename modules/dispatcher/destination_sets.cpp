// destination_sets: see destination_sets.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "destination_sets.hpp"

#include <algorithm>

namespace viaduct::dispatcher {

void DestinationSets::add(Destination destination, std::shared_ptr<Standing> standing) {
    sets_[destination.row().set].entries.push_back({std::move(destination), std::move(standing)});
    ++size_;
}

void DestinationSets::sort() {
    for (auto& [number, set] : sets_) {
        std::stable_sort(set.entries.begin(), set.entries.end(), [](const Entry& a, const Entry& b) {
            return a.destination.row().priority > b.destination.row().priority;
        });
    }
}

const DestinationSets::Set* DestinationSets::find(std::int64_t set) const {
    const auto found = sets_.find(set);
    return found == sets_.end() ? nullptr : &found->second;
}

}  // namespace viaduct::dispatcher
