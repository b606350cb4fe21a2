// listener_names: see listener_names.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "listener_names.hpp"

#include <algorithm>
#include <mutex>

#include "location_table.hpp"

namespace viaduct::registrar {

bool ListenerNames::knows(const Flow& flow) const {
    return std::find(udp_.begin(), udp_.end(), std::pair{flow.local, flow.listener}) != udp_.end();
}

void ListenerNames::learn(const Flow& flow) {
    if (is_stream(flow.transport)) return;
    {
        const std::shared_lock lock{mutex_};
        if (knows(flow)) return;
    }
    const std::lock_guard lock{mutex_};
    if (!knows(flow)) udp_.emplace_back(flow.local, flow.listener);
}

void ListenerNames::resolve(Target& target) const {
    if (!target.flow || target.flow->listener != kUnknownListener) return;
    const std::shared_lock lock{mutex_};
    const auto found =
        std::find_if(udp_.begin(), udp_.end(), [&](const auto& known) { return known.first == target.flow->local; });
    if (found == udp_.end()) {
        target.flow.reset();
    } else {
        target.flow->listener = found->second;
    }
}

}  // namespace viaduct::registrar
