// nonce_counts: which nonce counts were used, so that overheard credentials cannot be sent again (RFC 7616
// section 3.4.3).
//
// Only a nonce that came with a correct response is remembered, so strangers cannot fill the table; it is bounded
// anyway. When it is full the oldest nonce is forgotten, and from then on every nonce not remembered and issued no
// later is reported `forgotten`: its holder is challenged again, never let in unchecked. A window of 64 counts lets
// requests that overtake one another through, each once. Thread-safe: calls of one nonce live on several workers.
// Sharded by nonce; a lock is held for a look-up.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

#include <boost/unordered/unordered_flat_map.hpp>

#include "nonces.hpp"

namespace viaduct::auth {

enum class NonceUse : std::uint8_t { first, repeated, forgotten };

class NonceCounts {
public:
    // At most about `limit` nonces are remembered, each until it is older than `lifetime`.
    NonceCounts(std::size_t limit, Duration lifetime);

    // Marks the count as used. REQUIRES: the nonce is valid at `now`.
    NonceUse use(const NonceId& nonce, std::uint32_t count, WallTime now);
    std::size_t size() const;

private:
    static constexpr std::size_t kShards = 16;

    struct Counts {
        std::uint32_t highest = 0;
        std::uint64_t window = 0;  // bit n: highest - n was used

        bool take(std::uint32_t count);
    };
    struct Hash {
        // The numbers come from counters: spread them.
        std::size_t operator()(const NonceId& id) const { return (id.number ^ id.issued) * 0x9e3779b97f4a7c15ULL; }
    };
    struct Shard {
        mutable std::mutex mutex;
        boost::unordered_flat_map<NonceId, Counts, Hash> counts;
        std::deque<NonceId> order;          // as remembered, oldest first
        std::uint32_t forgotten_until = 0;  // newest time of issue among those forgotten

        void forget_oldest();
    };

    Shard& shard_of(const NonceId& nonce) { return shards_[Hash{}(nonce) >> 60]; }
    void drop_expired(Shard& shard, WallTime now) const;

    std::size_t limit_per_shard_;
    std::chrono::seconds lifetime_;
    std::array<Shard, kShards> shards_;
};

}  // namespace viaduct::auth
