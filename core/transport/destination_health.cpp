// destination_health: see destination_health.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/destination_health.hpp"

#include <algorithm>

namespace viaduct::transport {

void DestinationHealth::report(const Destination& destination, bool worked, TimePoint now) {
    const Key key{destination.address, destination.transport};
    if (worked) {
        if (!failed_until_.empty()) failed_until_.erase(key);
        return;
    }
    if (failed_until_.size() >= kMost)
        std::erase_if(failed_until_, [now](const auto& item) { return item.second <= now; });
    if (failed_until_.size() >= kMost) failed_until_.erase(failed_until_.begin());
    failed_until_[key] = now + penalty_;
}

void DestinationHealth::sort(Destinations& destinations, TimePoint now) const {
    if (failed_until_.empty()) return;
    std::stable_partition(destinations.begin(), destinations.end(),
                          [&](const Destination& destination) { return !is_failed(destination, now); });
}

std::size_t DestinationHealth::failed(TimePoint now) const {
    return static_cast<std::size_t>(std::count_if(failed_until_.begin(), failed_until_.end(),
                                                  [now](const auto& item) { return item.second > now; }));
}

bool DestinationHealth::is_failed(const Destination& destination, TimePoint now) const {
    const auto found = failed_until_.find({destination.address, destination.transport});
    return found != failed_until_.end() && found->second > now;
}

}  // namespace viaduct::transport
