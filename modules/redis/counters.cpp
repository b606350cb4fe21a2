// counters: see counters.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "counters.hpp"

#include <fmt/format.h>

namespace viaduct::redis {

namespace {

// In the order of the enumerations.
constexpr std::array<const char*, kOutcomes> kOutcomeNames{"answered",   "timeout", "lost", "unreachable",
                                                           "overloaded", "refused", "full"};
constexpr std::array kLosses{"closed", "slow", "unfit"};
constexpr std::array kResults{"failed", "ok"};

}  // namespace

Counters::Counters(MetricsApi& metrics) {
    for (std::size_t i = 0; i < kOutcomes; ++i) {
        operations_[i] = &metrics.counter("viaduct_redis_operations_total", "Operations of scripts by outcome",
                                          fmt::format("outcome=\"{}\"", kOutcomeNames[i]));
    }
    for (std::size_t i = 0; i < kLosses.size(); ++i) {
        lost[i] = &metrics.counter("viaduct_redis_connections_lost_total", "Connections given up, by reason",
                                   fmt::format("reason=\"{}\"", kLosses[i]));
    }
    for (std::size_t i = 0; i < kResults.size(); ++i) {
        connects[i] = &metrics.counter("viaduct_redis_connects_total", "Attempts to connect, login included",
                                       fmt::format("result=\"{}\"", kResults[i]));
    }
}

}  // namespace viaduct::redis
