// log_limit: one line per peer and interval, however often the peer tries.
//
// Bounded: with too many peers at once the interval begins anew. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include <viaduct/time.hpp>

namespace viaduct::tls {

class LogLimit {
public:
    static constexpr std::size_t kMost = 4096;

    explicit LogLimit(Duration interval) : interval_{interval} {}

    // Whether a line about it may be written now.
    bool allows(const std::string& peer, TimePoint now) {
        const std::lock_guard lock{mutex_};
        const auto found = last_.find(peer);
        if (found != last_.end() && now - found->second < interval_) return false;
        if (last_.size() >= kMost) last_.clear();
        last_[peer] = now;
        return true;
    }

private:
    const Duration interval_;
    std::mutex mutex_;
    std::unordered_map<std::string, TimePoint> last_;
};

}  // namespace viaduct::tls
