// subscriber_cache: subscribers remembered for a while, also those that do not exist.
//
// Two bounded least-recently-used tables: a flood of invented names displaces other invented names, never a real user.
// Thread-safe, sharded by name; a lock is held for one look-up. Reads no clock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include <viaduct/time.hpp>

#include "subscriber.hpp"

namespace viaduct::auth {

class SubscriberCache {
public:
    // Bounds are approximate: they hold per shard. 0 stands for no bound.
    SubscriberCache(std::size_t most_known, std::size_t most_unknown);

    struct Found {
        Subscriber subscriber;
        TimePoint fresh_until;
    };
    std::optional<Found> find(std::string_view user, std::string_view domain);

    // Changes whenever something of that shard is forgotten. Ask before the database is asked; a row read before the
    // change was made is then not stored after it.
    std::uint64_t generation(std::string_view user, std::string_view domain) const;
    // False, and nothing happens, when `generation` is no longer the current one.
    bool store(std::string_view user, std::string_view domain, const Subscriber& subscriber, TimePoint fresh_until,
               std::uint64_t generation);

    void forget(std::string_view user, std::string_view domain);
    void clear();

    // Loading the whole table: everything stored since begin_load() stays at end_load(), the rest goes.
    void begin_load();
    void end_load();

    std::size_t known() const;
    std::size_t unknown() const;

private:
    static constexpr std::size_t kShards = 64;

    struct Entry {
        std::string key;
        Subscriber subscriber;
        TimePoint fresh_until;
        std::uint32_t load = 0;
    };
    // Most recently used first; the index's keys are views of the entries'.
    struct Table {
        std::list<Entry> entries;
        boost::unordered_flat_map<std::string_view, std::list<Entry>::iterator> index;

        void put(Entry entry, std::size_t limit);
        void erase(std::string_view key);
        void keep_only(std::uint32_t load);
    };
    struct Shard {
        mutable std::mutex mutex;
        Table known, unknown;
        std::uint64_t generation = 0;
        std::uint32_t load = 0;
    };

    const Shard& shard_of(std::string_view key) const;
    Shard& shard_of(std::string_view key);

    std::size_t known_per_shard_, unknown_per_shard_;
    std::array<Shard, kShards> shards_;
};

}  // namespace viaduct::auth
