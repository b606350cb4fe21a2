// deadlines: the earlier of two moments that may not come at all.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <viaduct/time.hpp>

namespace viaduct::media_relay {

using Deadline = std::optional<TimePoint>;

inline Deadline earlier(Deadline a, Deadline b) {
    if (!a || !b) return a ? a : b;
    return *a < *b ? a : b;
}
inline bool is_due(Deadline deadline, TimePoint now) { return deadline && *deadline <= now; }

}  // namespace viaduct::media_relay
