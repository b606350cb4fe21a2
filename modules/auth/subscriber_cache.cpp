// subscriber_cache: bounded, sharded, least recently used goes first.
// SPDX-License-Identifier: Apache-2.0
#include "subscriber_cache.hpp"

#include <algorithm>
#include <functional>

namespace viaduct::auth {
namespace {

// NUL occurs in neither part: it is no UTF8-TEXT of a quoted string (RFC 3261 section 25.1).
std::string key_of(std::string_view user, std::string_view domain) {
    std::string key;
    key.reserve(user.size() + domain.size() + 1);
    key += user;
    key += '\0';
    key += domain;
    return key;
}

}  // namespace

SubscriberCache::SubscriberCache(std::size_t most_known, std::size_t most_unknown)
    : known_per_shard_{most_known == 0 ? SIZE_MAX : std::max<std::size_t>(1, most_known / kShards)},
      unknown_per_shard_{most_unknown == 0 ? SIZE_MAX : std::max<std::size_t>(1, most_unknown / kShards)} {}

const SubscriberCache::Shard& SubscriberCache::shard_of(std::string_view key) const {
    return shards_[std::hash<std::string_view>{}(key) % kShards];
}

SubscriberCache::Shard& SubscriberCache::shard_of(std::string_view key) {
    return shards_[std::hash<std::string_view>{}(key) % kShards];
}

void SubscriberCache::Table::put(Entry entry, std::size_t limit) {
    erase(entry.key);
    if (entries.size() >= limit) erase(entries.back().key);
    entries.push_front(std::move(entry));
    index.emplace(entries.front().key, entries.begin());
}

void SubscriberCache::Table::erase(std::string_view key) {
    const auto found = index.find(key);
    if (found == index.end()) return;
    const auto entry = found->second;
    index.erase(found);
    entries.erase(entry);  // after the index, whose key it owns
}

void SubscriberCache::Table::keep_only(std::uint32_t load) {
    for (auto entry = entries.begin(); entry != entries.end();) {
        if (entry->load == load) {
            ++entry;
            continue;
        }
        index.erase(entry->key);
        entry = entries.erase(entry);
    }
}

std::optional<SubscriberCache::Found> SubscriberCache::find(std::string_view user, std::string_view domain) {
    const std::string key = key_of(user, domain);
    Shard& shard = shard_of(key);
    const std::lock_guard lock{shard.mutex};
    for (Table* table : {&shard.known, &shard.unknown}) {
        const auto found = table->index.find(key);
        if (found == table->index.end()) continue;
        const auto entry = found->second;
        table->entries.splice(table->entries.begin(), table->entries, entry);
        return Found{entry->subscriber, entry->fresh_until};
    }
    return std::nullopt;
}

std::uint64_t SubscriberCache::generation(std::string_view user, std::string_view domain) const {
    const Shard& shard = shard_of(key_of(user, domain));
    const std::lock_guard lock{shard.mutex};
    return shard.generation;
}

bool SubscriberCache::store(std::string_view user, std::string_view domain, const Subscriber& subscriber,
                            TimePoint fresh_until, std::uint64_t generation) {
    std::string key = key_of(user, domain);
    Shard& shard = shard_of(key);
    const std::lock_guard lock{shard.mutex};
    if (generation != shard.generation) return false;
    Table& other = subscriber.known ? shard.unknown : shard.known;
    other.erase(key);
    Table& table = subscriber.known ? shard.known : shard.unknown;
    table.put(Entry{std::move(key), subscriber, fresh_until, shard.load},
              subscriber.known ? known_per_shard_ : unknown_per_shard_);
    return true;
}

void SubscriberCache::forget(std::string_view user, std::string_view domain) {
    const std::string key = key_of(user, domain);
    Shard& shard = shard_of(key);
    const std::lock_guard lock{shard.mutex};
    ++shard.generation;
    shard.known.erase(key);
    shard.unknown.erase(key);
}

void SubscriberCache::clear() {
    begin_load();
    end_load();
}

void SubscriberCache::begin_load() {
    for (Shard& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        ++shard.load;
        ++shard.generation;
    }
}

void SubscriberCache::end_load() {
    for (Shard& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        shard.known.keep_only(shard.load);
        shard.unknown.keep_only(shard.load);
    }
}

std::size_t SubscriberCache::known() const {
    std::size_t total = 0;
    for (const Shard& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        total += shard.known.entries.size();
    }
    return total;
}

std::size_t SubscriberCache::unknown() const {
    std::size_t total = 0;
    for (const Shard& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        total += shard.unknown.entries.size();
    }
    return total;
}

}  // namespace viaduct::auth
