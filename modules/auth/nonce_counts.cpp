// nonce_counts: the bounded memory of used nonce counts (RFC 7616 section 3.4.3).
// SPDX-License-Identifier: Apache-2.0
#include "nonce_counts.hpp"

#include <algorithm>

namespace viaduct::auth {

NonceCounts::NonceCounts(std::size_t limit, Duration lifetime)
    : limit_per_shard_{std::max<std::size_t>(1, limit / kShards)},
      lifetime_{std::chrono::duration_cast<std::chrono::seconds>(lifetime)} {}

bool NonceCounts::Counts::take(std::uint32_t count) {
    if (count > highest) {
        const std::uint32_t step = count - highest;
        window = step < 64 ? window << step : 0;
        window |= 1;
        highest = count;
        return true;
    }
    const std::uint32_t behind = highest - count;
    const std::uint64_t bit = behind < 64 ? std::uint64_t{1} << behind : 0;
    if (bit == 0 || (window & bit) != 0) return false;
    window |= bit;
    return true;
}

void NonceCounts::Shard::forget_oldest() {
    forgotten_until = std::max(forgotten_until, order.front().issued);
    counts.erase(order.front());
    order.pop_front();
}

void NonceCounts::drop_expired(Shard& shard, WallTime now) const {
    // Forgotten, not just erased: a clock set back could make them valid again.
    while (!shard.order.empty() && WallTime{std::chrono::seconds{shard.order.front().issued}} + lifetime_ < now) {
        shard.forget_oldest();
    }
}

NonceUse NonceCounts::use(const NonceId& nonce, std::uint32_t count, WallTime now) {
    Shard& shard = shard_of(nonce);
    const std::lock_guard lock{shard.mutex};
    const auto found = shard.counts.find(nonce);
    if (found != shard.counts.end()) return found->second.take(count) ? NonceUse::first : NonceUse::repeated;

    drop_expired(shard, now);
    if (nonce.issued <= shard.forgotten_until) return NonceUse::forgotten;
    if (shard.counts.size() >= limit_per_shard_) shard.forget_oldest();
    shard.counts[nonce].take(count);
    shard.order.push_back(nonce);
    return NonceUse::first;
}

std::size_t NonceCounts::size() const {
    std::size_t total = 0;
    for (const Shard& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        total += shard.counts.size();
    }
    return total;
}

}  // namespace viaduct::auth
