// availability: see availability.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "availability.hpp"

#include <algorithm>

#include "advice.hpp"

namespace viaduct::redis {

namespace {

constexpr Duration kBetweenRefusals = 60s;

}  // namespace

void Availability::failed(unsigned worker, const std::string& problem) {
    const std::lock_guard lock{mutex_};
    failing_[worker] = true;
    if (said_.size() >= kMostSaid || !said_.insert(problem).second) return;
    log_.error("{}: {}; scripts get \"unavailable\"", where_, problem);
}

void Availability::connected(unsigned worker) {
    const std::lock_guard lock{mutex_};
    connected_[worker] = true;
    failing_[worker] = false;
    if (said_.empty() || std::find(failing_.begin(), failing_.end(), true) != failing_.end()) return;
    said_.clear();
    log_.info("{} serves again", where_);
}

void Availability::disconnected(unsigned worker) {
    const std::lock_guard lock{mutex_};
    connected_[worker] = false;
}

void Availability::refused(const std::string& words, TimePoint now) {
    const std::lock_guard lock{mutex_};
    if (refusal_said_ && now - *refusal_said_ < kBetweenRefusals) return;
    refusal_said_ = now;
    log_.error("{} refuses an operation: {}", where_, with_advice(words));
}

std::size_t Availability::connections() const {
    const std::lock_guard lock{mutex_};
    return static_cast<std::size_t>(std::count(connected_.begin(), connected_.end(), true));
}

}  // namespace viaduct::redis
