// mariadb_database: the interface Database on MariaDB servers: a WorkerQueue per worker, a Connector for all, and
// connections of their own for the calls that block.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <viaduct/database.hpp>
#include <viaduct/logger.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/workers.hpp>

#include "connector.hpp"
#include "queue_counters.hpp"
#include "worker_queue.hpp"

namespace viaduct::db_mariadb {

struct DatabaseSettings {
    std::vector<Host> hosts;
    ClientOptions client;
    BackOff back_off;
    QueueLimits limits;
};

// The first host that takes us. Blocks; throws MariadbError, of all hosts' words.
Client connect_to_any(const std::vector<Host>& hosts, const ClientOptions& options);

class MariadbDatabase final : public Database {
public:
    MariadbDatabase(const DatabaseSettings& settings, Workers& workers, MetricsApi& metrics, const Logger& log);
    ~MariadbDatabase() override;

    // On each worker's own thread.
    void worker_started() { queues_[workers_.current()]->start(); }
    void drain(Completion<> done);

    void select(Select query, Completion<Result<DatabaseRows>> done) override;
    void write(std::vector<Change> changes, Completion<Result<std::uint64_t>> done) override;
    DatabaseRows select_now(const Select& query) override;
    std::uint64_t write_now(const std::vector<Change>& changes) override;
    void scan_now(const Select& query, UniqueFunction<void(DatabaseRow&)> row) override;

    Connector::Counts connects() const { return connector_->counts(); }
    const QueueCounters& counters() const { return counters_; }

private:
    std::uint64_t write_transaction(Client& client, const std::vector<Change>& changes) const;

    const DatabaseSettings settings_;
    Workers& workers_;
    QueueCounters counters_;
    std::mutex now_mutex_;
    std::optional<Client> now_;  // guarded; for write_now()
    std::unique_ptr<Connector> connector_;
    std::vector<std::unique_ptr<WorkerQueue>> queues_;
};

}  // namespace viaduct::db_mariadb
