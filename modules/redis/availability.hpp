// availability: whether Redis serves, over all workers, and the log lines about it.
//
// An outage begins when a worker fails to connect and ends when every worker that failed is connected again; within it
// each problem is said once. Refusals of single operations are said once a minute. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <viaduct/logger.hpp>
#include <viaduct/time.hpp>

namespace viaduct::redis {

class Availability {
public:
    Availability(std::string where, unsigned workers, const Logger& log)
        : where_{std::move(where)}, log_{log}, failing_(workers, false), connected_(workers, false) {}

    void failed(unsigned worker, const std::string& problem);
    void connected(unsigned worker);
    void disconnected(unsigned worker);
    void refused(const std::string& words, TimePoint now);

    std::size_t connections() const;

private:
    static constexpr std::size_t kMostSaid = 8;  // problems within an outage

    const std::string where_;
    const Logger& log_;
    mutable std::mutex mutex_;
    std::vector<bool> failing_, connected_;
    std::set<std::string> said_;  // of this outage; empty: there is none
    std::optional<TimePoint> refusal_said_;
};

}  // namespace viaduct::redis
