// binding_store: see binding_store.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "binding_store.hpp"

#include <algorithm>

namespace viaduct::registrar {

namespace {

constexpr std::uint32_t kBucketSeconds = 4;
constexpr std::size_t kClosedConnections = 16384;

std::uint32_t bucket_of(const PackedBinding& binding) { return binding.expires() / kBucketSeconds; }

std::uint32_t seconds(WallTime time) {
    return static_cast<std::uint32_t>(std::max<std::int64_t>(time.time_since_epoch().count(), 0));
}

}  // namespace

BindingStore::~BindingStore() {
    for (Shard& shard : shards_) {
        for (const Head& head : shard.heads) {
            for (PackedBinding* binding = head.first; binding != nullptr;) {
                PackedBinding* next = binding->next;
                PackedBinding::Release{}(binding);
                binding = next;
            }
        }
    }
}

template <class Visit>
void BindingStore::visit_list(const Shard& shard, std::string_view aor, WallTime now, Visit visit) {
    const auto found = shard.heads.find(aor);
    if (found == shard.heads.end()) return;
    for (const PackedBinding* binding = found->first; binding != nullptr; binding = binding->next) {
        if (binding->expires() > seconds(now)) visit(*binding);
    }
}

std::vector<Binding> BindingStore::bindings(std::string_view aor, WallTime now) const {
    std::vector<Binding> found;
    const Shard& shard = shard_of(aor);
    const std::lock_guard lock{shard.mutex};
    visit_list(shard, aor, now, [&](const PackedBinding& binding) { found.push_back(binding.unpack()); });
    return found;
}

bool BindingStore::has(std::string_view aor, std::string_view id) const {
    const Shard& shard = shard_of(aor);
    const std::lock_guard lock{shard.mutex};
    return find(shard, aor, id) != nullptr;
}

std::vector<Target> BindingStore::targets(std::string_view aor, WallTime now,
                                          const std::vector<std::uint32_t>& suspended) const {
    std::vector<Target> found;
    const Shard& shard = shard_of(aor);
    {
        const std::lock_guard lock{shard.mutex};
        visit_list(shard, aor, now, [&](const PackedBinding& binding) {
            const bool reachable = std::find(suspended.begin(), suspended.end(), binding.node()) == suspended.end();
            if (reachable) found.push_back(binding.target());
        });
    }
    std::reverse(found.begin(), found.end());
    std::stable_sort(found.begin(), found.end(), [](const Target& a, const Target& b) { return a.q > b.q; });
    return found;
}

bool BindingStore::for_each(WallTime now, UniqueFunction<bool(const Binding&)>& visit) const {
    for (const Shard& shard : shards_) {
        std::vector<PackedBinding::Owned> copies;  // copying blocks is quick; reading them happens without the lock
        {
            const std::lock_guard lock{shard.mutex};
            for (const Head& head : shard.heads) {
                for (const PackedBinding* binding = head.first; binding != nullptr; binding = binding->next) {
                    if (binding->expires() > seconds(now)) copies.push_back(binding->clone());
                }
            }
        }
        for (const auto& copy : copies) {
            if (!visit(copy->unpack())) return false;
        }
    }
    return true;
}

void BindingStore::apply(std::string_view aor, const std::vector<std::string>& removed,
                         const std::vector<Binding>& put) {
    std::vector<PackedBinding::Owned> packed;
    for (const Binding& binding : put) packed.push_back(PackedBinding::pack(binding));
    Shard& shard = shard_of(aor);
    const std::lock_guard lock{shard.mutex};
    const auto drop = [&](std::string_view id) {
        if (PackedBinding* present = find(shard, aor, id)) take(shard, *present);
    };
    for (const std::string& id : removed) drop(id);
    for (auto& binding : packed) {
        drop(binding->id());
        insert(shard, std::move(binding));
    }
}

void BindingStore::add(const Binding& binding) {
    auto packed = PackedBinding::pack(binding);
    Shard& shard = shard_of(binding.address_of_record);
    const std::lock_guard lock{shard.mutex};
    if (find(shard, binding.address_of_record, binding.id) == nullptr) insert(shard, std::move(packed));
}

std::optional<Binding> BindingStore::remove(std::string_view aor, std::string_view id) {
    Shard& shard = shard_of(aor);
    const std::lock_guard lock{shard.mutex};
    PackedBinding* binding = find(shard, aor, id);
    if (binding == nullptr) return std::nullopt;
    return take(shard, *binding)->unpack();
}

std::vector<Binding> BindingStore::remove_connection(ConnectionId connection) {
    {
        // Noted before the shards are looked through: who applies later sees it here, who applied earlier is found
        // there.
        const std::lock_guard lock{closed_mutex_};
        if (closed_.insert(connection).second) closed_order_.push_back(connection);
        if (closed_order_.size() > kClosedConnections) {
            closed_.erase(closed_order_.front());
            closed_order_.pop_front();
        }
    }
    std::vector<Binding> gone;
    for (Shard& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        for (auto found = shard.by_connection.find(connection); found != shard.by_connection.end();
             found = shard.by_connection.find(connection)) {
            gone.push_back(take(shard, *found->second)->unpack());
        }
    }
    return gone;
}

bool BindingStore::is_closed(ConnectionId connection) const {
    const std::lock_guard lock{closed_mutex_};
    return closed_.contains(connection);
}

std::vector<Binding> BindingStore::expire(unsigned index, WallTime now, std::size_t limit) {
    Shard& shard = shards_[index];
    std::vector<Binding> gone;
    const std::lock_guard lock{shard.mutex};
    // A bucket is swept when all in it have expired; until then lookups pass over what is too old.
    while (gone.size() < limit && !shard.buckets.empty() &&
           (shard.buckets.begin()->first + 1) * kBucketSeconds <= seconds(now) + 1) {
        gone.push_back(take(shard, *shard.buckets.begin()->second)->unpack());
    }
    return gone;
}

void BindingStore::insert(Shard& shard, PackedBinding::Owned owned) {
    PackedBinding* binding = owned.release();
    const auto [head, is_new] = shard.heads.insert(Head{binding});
    if (!is_new) {
        PackedBinding* last = head->first;
        while (last->next != nullptr) last = last->next;
        last->next = binding;
    }
    PackedBinding*& bucket = shard.buckets[bucket_of(*binding)];
    binding->expires_after = bucket;
    if (bucket != nullptr) bucket->expires_before = binding;
    bucket = binding;
    if (const ConnectionId connection = binding->connection()) shard.by_connection.emplace(connection, binding);
    size_.fetch_add(1, std::memory_order_relaxed);
}

PackedBinding::Owned BindingStore::take(Shard& shard, PackedBinding& binding) {
    const auto head = shard.heads.find(binding.address_of_record());
    if (head->first != &binding) {
        PackedBinding* before = head->first;
        while (before->next != &binding) before = before->next;
        before->next = binding.next;
    } else if (binding.next != nullptr) {
        head->first = binding.next;  // another block with the same key
    } else {
        shard.heads.erase(head);
    }
    if (binding.expires_after != nullptr) binding.expires_after->expires_before = binding.expires_before;
    if (binding.expires_before != nullptr) {
        binding.expires_before->expires_after = binding.expires_after;
    } else if (binding.expires_after != nullptr) {
        shard.buckets[bucket_of(binding)] = binding.expires_after;
    } else {
        shard.buckets.erase(bucket_of(binding));
    }
    if (const ConnectionId connection = binding.connection()) {
        auto [at, end] = shard.by_connection.equal_range(connection);
        at = std::find_if(at, end, [&](const auto& entry) { return entry.second == &binding; });
        if (at != end) shard.by_connection.erase(at);
    }
    size_.fetch_sub(1, std::memory_order_relaxed);
    return PackedBinding::Owned{&binding};
}

PackedBinding* BindingStore::find(const Shard& shard, std::string_view aor, std::string_view id) {
    const auto found = shard.heads.find(aor);
    if (found == shard.heads.end()) return nullptr;
    PackedBinding* binding = found->first;
    while (binding != nullptr && binding->id() != id) binding = binding->next;
    return binding;
}

}  // namespace viaduct::registrar
