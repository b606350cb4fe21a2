// binding_store: every binding in memory, found by address of record, by connection and by time (RFC 3261 section 10).
//
// 64 shards with a lock each, held for microseconds; any thread. Knows no database: what it is told to apply is already
// durable. Removals return what went, so that the caller can make them durable, too.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include <viaduct/location.hpp>

#include "packed_binding.hpp"

namespace viaduct::registrar {

class BindingStore {
public:
    static constexpr unsigned kShards = 64;

    BindingStore() = default;
    ~BindingStore();
    BindingStore(const BindingStore&) = delete;
    BindingStore& operator=(const BindingStore&) = delete;

    // What has not expired at `now`, oldest first.
    std::vector<Binding> bindings(std::string_view address_of_record, WallTime now) const;
    // The same as targets, highest q first (RFC 3261 section 16.6), the newest first among equals.
    // Without those whose flow belongs to one of the nodes in `suspended`.
    std::vector<Target> targets(std::string_view address_of_record, WallTime now,
                                const std::vector<std::uint32_t>& suspended = {}) const;
    bool has(std::string_view address_of_record, std::string_view id) const;
    std::uint64_t size() const { return size_.load(std::memory_order_relaxed); }
    // A snapshot, shard by shard; expired ones that were not swept yet are skipped. False when `visit` stopped it.
    bool for_each(WallTime now, UniqueFunction<bool(const Binding&)>& visit) const;

    // Takes away the ids in `removed`, then puts in `put`, each in place of the one with its id.
    void apply(std::string_view address_of_record, const std::vector<std::string>& removed,
               const std::vector<Binding>& put);
    // Puts it in unless one with its id is there.
    void add(const Binding& binding);
    std::optional<Binding> remove(std::string_view address_of_record, std::string_view id);
    // The connection is gone: so are its bindings, now and in future.
    std::vector<Binding> remove_connection(ConnectionId connection);
    bool is_closed(ConnectionId connection) const;
    // At most `limit` of the shard's bindings that expired before `now`.
    std::vector<Binding> expire(unsigned shard, WallTime now, std::size_t limit);

private:
    struct Head {
        mutable PackedBinding* first;  // the set's key is its address of record, which all of the list share
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view aor) const { return std::hash<std::string_view>{}(aor); }
        std::size_t operator()(const Head& head) const { return (*this)(head.first->address_of_record()); }
    };
    struct Equal {
        using is_transparent = void;
        static std::string_view key(std::string_view aor) { return aor; }
        static std::string_view key(const Head& head) { return head.first->address_of_record(); }
        template <class A, class B>
        bool operator()(const A& a, const B& b) const {
            return key(a) == key(b);
        }
    };
    struct ConnectionHash {
        std::size_t operator()(const ConnectionId& id) const {
            return (std::size_t{id.generation} << 32 | id.slot) * 31 + id.worker;
        }
    };
    struct Shard {
        mutable std::mutex mutex;
        boost::unordered_flat_set<Head, Hash, Equal> heads;
        std::map<std::uint32_t, PackedBinding*> buckets;  // by time of expiry, kBucketSeconds each
        std::unordered_multimap<ConnectionId, PackedBinding*, ConnectionHash> by_connection;
    };

    Shard& shard_of(std::string_view aor) { return shards_[Hash{}(aor) % kShards]; }
    const Shard& shard_of(std::string_view aor) const { return shards_[Hash{}(aor) % kShards]; }
    // With the shard's lock held:
    template <class Visit>
    static void visit_list(const Shard& shard, std::string_view aor, WallTime now, Visit visit);
    void insert(Shard& shard, PackedBinding::Owned binding);
    PackedBinding::Owned take(Shard& shard, PackedBinding& binding);
    static PackedBinding* find(const Shard& shard, std::string_view aor, std::string_view id);

    std::array<Shard, kShards> shards_;
    std::atomic<std::uint64_t> size_{0};

    // Closed a short while ago. A REGISTER that came over such a connection may still wait for the database.
    mutable std::mutex closed_mutex_;
    std::deque<ConnectionId> closed_order_;
    std::set<ConnectionId> closed_;
};

}  // namespace viaduct::registrar
