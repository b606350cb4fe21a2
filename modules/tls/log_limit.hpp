// log_limit: one line per peer and interval, and not more than some lines in all.
//
// So neither one that tries again and again nor many that try once can fill the log. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <set>
#include <string>

#include <viaduct/time.hpp>

namespace viaduct::tls {

class LogLimit {
public:
    LogLimit(Duration interval, std::size_t lines) : interval_{interval}, lines_{lines} {}

    // Whether a line about it may be written now.
    bool allows(const std::string& peer, TimePoint now) {
        const std::lock_guard lock{mutex_};
        if (now - began_ >= interval_) {
            began_ = now;
            seen_.clear();
        }
        return seen_.size() < lines_ && seen_.insert(peer).second;
    }

private:
    const Duration interval_;
    const std::size_t lines_;
    std::mutex mutex_;
    TimePoint began_{};
    std::set<std::string> seen_;
};

}  // namespace viaduct::tls
