// leg: see leg.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay/leg.hpp"

#include <algorithm>

namespace viaduct::media_relay {

void Leg::release_unused() {
    std::erase_if(transports, [this](const auto& transport) {
        return std::none_of(sections.begin(), sections.end(),
                            [&](const Section& section) { return section.transport == transport.get(); });
    });
}

}  // namespace viaduct::media_relay
