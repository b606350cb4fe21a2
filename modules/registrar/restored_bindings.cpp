// restored_bindings: see restored_bindings.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "restored_bindings.hpp"

namespace viaduct::registrar {

void RestoredBindings::claim(std::string_view aor, const std::string& id) {
    if (ids_.made(id) || ended_.load(std::memory_order_relaxed)) return;
    Shard& shard = shard_of(aor);
    const std::lock_guard lock{shard.mutex};
    shard.claimed.insert(id);
}

bool RestoredBindings::is_claimed(const Shard& shard, const Binding& row) const {
    return ended_.load(std::memory_order_relaxed) || ids_.made(row.id) || shard.claimed.contains(row.id);
}

bool RestoredBindings::is_news(const Binding& row) const {
    const Shard& shard = shard_of(row.address_of_record);
    const std::lock_guard lock{shard.mutex};
    return !is_claimed(shard, row) && !store_.has(row.address_of_record, row.id);
}

// The lock spans both steps: who claims the binding afterwards finds it in memory, who did before is seen here.
void RestoredBindings::put(const Binding& row) {
    const Shard& shard = shard_of(row.address_of_record);
    const std::lock_guard lock{shard.mutex};
    if (!is_claimed(shard, row)) store_.add(row);
}

void RestoredBindings::end() {
    ended_.store(true, std::memory_order_relaxed);
    for (Shard& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        std::unordered_set<std::string>{}.swap(shard.claimed);
    }
}

}  // namespace viaduct::registrar
