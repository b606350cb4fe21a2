// profiles: see profiles.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "profiles.hpp"

namespace viaduct::dialog {

bool Profiles::enter(const std::string& name, std::optional<std::int64_t> most) {
    const std::lock_guard lock{mutex_};
    const auto found = counts_.find(name);
    const std::int64_t now = found == counts_.end() ? 0 : found->second;
    if (most && now >= *most) return false;
    counts_[name] = now + 1;
    return true;
}

void Profiles::leave(const std::string& name) {
    const std::lock_guard lock{mutex_};
    const auto found = counts_.find(name);
    if (found != counts_.end() && --found->second <= 0) counts_.erase(found);
}

std::int64_t Profiles::count(const std::string& name) const {
    const std::lock_guard lock{mutex_};
    const auto found = counts_.find(name);
    return found == counts_.end() ? 0 : found->second;
}

}  // namespace viaduct::dialog
