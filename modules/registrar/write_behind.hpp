// write_behind: rows of registrations that are in memory already and reach the database a little later.
//
// Of each binding only the newest state waits; a row the database refuses for a while waits on. What waits belongs to a
// shard by the binding's id, and a shard is written by one worker, one write at a time, so no older state overtakes a
// newer one. put(), remove() and end() on any worker; flush() on each worker for its shards.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <viaduct/database.hpp>
#include <viaduct/location.hpp>
#include <viaduct/logger.hpp>
#include <viaduct/workers.hpp>

namespace viaduct::registrar {

class WriteBehind {
public:
    WriteBehind(Database& database, Workers& workers, const Logger& log);

    void put(const Binding& binding);
    void remove(const std::string& id);
    // It ended by itself. A newer registration of the same binding that waits already stays.
    void end(const Binding& gone);

    // Sends what waits in this worker's shards, but for those whose last write is still under way.
    void flush();
    // flush() on every worker until nothing waits, or the database refuses; then `done`, on the asking worker.
    void drain(Completion<> done);
    std::uint64_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

private:
    static constexpr unsigned kShards = 64;

    struct Row {
        Change change;
        std::string registration;  // Call-ID and CSeq of an upsert; "" of a delete
    };
    using Rows = std::unordered_map<std::string, Row>;  // by the binding's id
    struct Shard {
        std::mutex mutex;
        Rows rows;                  // guarded, as all below
        std::uint64_t writing = 0;  // rows under way
    };
    struct Flush;

    Shard& shard_of(const std::string& id) { return shards_[std::hash<std::string>{}(id) % kShards]; }
    void keep(const std::string& id, Row row);
    void flush_shard(unsigned shard, const std::shared_ptr<Flush>& flush);
    void drain_on(Completion<> done);
    void written(unsigned shard, const std::string& id, Row row, error_code error);

    Database& database_;
    Workers& workers_;
    const Logger& log_;
    std::array<Shard, kShards> shards_;
    std::atomic<std::uint64_t> waiting_{0};
    std::atomic<bool> refused_{false};  // by the database, since drain() looked
    Registration drain_again_;          // of the one worker that drains
};

}  // namespace viaduct::registrar
