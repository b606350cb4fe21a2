// queue_counters: see queue_counters.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "queue_counters.hpp"

#include <fmt/format.h>

namespace viaduct::db_mariadb {

namespace {

constexpr std::array kKinds{"read", "write"};
// In the order of DatabaseErrc, after success.
constexpr std::array kOutcomeNames{"ok",        "unavailable", "timeout", "overloaded",
                                   "disk_full", "constraint",  "schema",  "failed"};
constexpr std::array kLosses{"closed", "slow", "unfit"};

}  // namespace

QueueCounters::QueueCounters(MetricsApi& metrics) {
    for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
        for (std::size_t outcome = 0; outcome < kOutcomeNames.size(); ++outcome) {
            outcomes_[kind][outcome] =
                &metrics.counter("viaduct_db_mariadb_operations_total", "Operations by kind and outcome",
                                 fmt::format("kind=\"{}\",outcome=\"{}\"", kKinds[kind], kOutcomeNames[outcome]));
        }
        batches[kind] = &metrics.counter("viaduct_db_mariadb_batches_total",
                                         "Queries of many reads, and transactions of many writes",
                                         fmt::format("kind=\"{}\"", kKinds[kind]));
    }
    for (std::size_t loss = 0; loss < kLosses.size(); ++loss) {
        lost[loss] = &metrics.counter("viaduct_db_mariadb_connections_lost_total", "Connections given up, by reason",
                                      fmt::format("reason=\"{}\"", kLosses[loss]));
    }
}

void QueueCounters::told(Kind kind, const error_code& outcome) {
    waiting[kind].fetch_sub(1, std::memory_order_relaxed);
    const bool ours = outcome && outcome.category() == database_category();
    const auto value = static_cast<std::size_t>(ours ? outcome.value() : 0);
    outcomes_[kind][value < kOutcomes ? value : kOutcomes - 1]->add();
}

}  // namespace viaduct::db_mariadb
