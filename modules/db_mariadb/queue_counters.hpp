// queue_counters: what the queues of all workers count, by reason.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>

#include <viaduct/database.hpp>
#include <viaduct/metrics_api.hpp>

namespace viaduct::db_mariadb {

class QueueCounters {
public:
    enum Kind : unsigned char { read, write };

    explicit QueueCounters(MetricsApi& metrics);

    void asked(Kind kind) { waiting[kind].fetch_add(1, std::memory_order_relaxed); }
    void told(Kind kind, const error_code& outcome);

    std::array<Counter*, 2> batches{};  // queries, transactions
    std::array<Counter*, 3> lost{};     // connections: closed by the server, too slow, not fit to serve
    enum Loss : unsigned char { closed, slow, unfit };
    std::array<std::atomic<std::int64_t>, 2> waiting{};  // asked for and not told yet
    std::atomic<std::int64_t> connections{0};

private:
    static constexpr std::size_t kOutcomes = 8;  // fine, then DatabaseErrc
    std::array<std::array<Counter*, kOutcomes>, 2> outcomes_{};
};

}  // namespace viaduct::db_mariadb
