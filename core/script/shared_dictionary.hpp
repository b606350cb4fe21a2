// shared_dictionary: a small key-value store that all workers' scripts share (viaduct.shared, see local_store.hpp).
//
// Sharded by key, one mutex a shard, held for one operation. Bounded in entries and in bytes: what does not fit is
// refused. An entry with a time to live is gone once its time has come; room is made of such entries first. The caller
// says what time it is. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <viaduct/shared_store.hpp>
#include <viaduct/time.hpp>

namespace viaduct::script {

class SharedDictionary {
public:
    struct Limits {
        std::size_t entries = 100'000;
        std::size_t bytes = 64 * 1024 * 1024;  // keys and texts
        std::size_t value_bytes = 64 * 1024;   // of one key and text
    };
    explicit SharedDictionary(Limits limits = {100'000, 64UL * 1024 * 1024, 64UL * 1024});

    enum class Change { done, full, exists, not_a_number };

    std::optional<SharedValue> get(std::string_view key, TimePoint now) const;
    // `ttl`: nullopt keeps it until it is deleted.
    Change set(std::string_view key, SharedValue value, std::optional<Duration> ttl, TimePoint now);
    // Only when the key is not there: Change::exists otherwise.
    Change add(std::string_view key, SharedValue value, std::optional<Duration> ttl, TimePoint now);
    // Adds to an integer; a missing one starts at 0 and gets the time to live. `value` is the sum when done.
    struct Sum {
        Change change;
        std::int64_t value;
    };
    Sum increment(std::string_view key, std::int64_t by, std::optional<Duration> ttl, TimePoint now);
    bool remove(std::string_view key, TimePoint now);  // true when it was there
    std::size_t count(TimePoint now) const;

private:
    static constexpr std::size_t kShards = 64;

    struct Entry {
        SharedValue value;
        TimePoint expires;  // max(): never
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
    };
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries;
        std::size_t bytes = 0;
        TimePoint swept{};
    };

    Shard& shard_of(std::string_view key) { return shards_[Hash{}(key) % kShards]; }
    const Shard& shard_of(std::string_view key) const { return shards_[Hash{}(key) % kShards]; }
    Change insert(Shard& shard, std::string_view key, SharedValue value, std::optional<Duration> ttl, TimePoint now);
    bool make_room(Shard& shard, std::size_t entries, std::size_t bytes, TimePoint now) const;
    static void sweep(Shard& shard, TimePoint now);
    // nullptr when it is not there or its time has come.
    static Entry* find(Shard& shard, std::string_view key, TimePoint now);

    Limits limits_;  // of one shard
    std::array<Shard, kShards> shards_;
};

}  // namespace viaduct::script
