// shared_dictionary: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/shared_dictionary.hpp"

#include <algorithm>
#include <utility>

namespace viaduct::script {

namespace {

constexpr Duration kSweepInterval = 1s;  // a full shard is searched for expired entries no more often

std::size_t size_of(const SharedValue& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? 0 : text->size();
}

TimePoint expiry(std::optional<Duration> ttl, TimePoint now) { return ttl ? now + *ttl : TimePoint::max(); }

}  // namespace

SharedDictionary::SharedDictionary(Limits limits)
    : limits_{std::max<std::size_t>(1, limits.entries / kShards), std::max<std::size_t>(1, limits.bytes / kShards),
              limits.value_bytes} {}

SharedDictionary::Entry* SharedDictionary::find(Shard& shard, std::string_view key, TimePoint now) {
    const auto found = shard.entries.find(key);
    if (found == shard.entries.end()) return nullptr;
    if (found->second.expires > now) return &found->second;
    shard.bytes -= found->first.size() + size_of(found->second.value);
    shard.entries.erase(found);
    return nullptr;
}

std::optional<SharedValue> SharedDictionary::get(std::string_view key, TimePoint now) const {
    const Shard& shard = shard_of(key);
    const std::lock_guard lock{shard.mutex};
    const auto found = shard.entries.find(key);
    if (found == shard.entries.end() || found->second.expires <= now) return std::nullopt;
    return found->second.value;
}

SharedDictionary::Change SharedDictionary::set(std::string_view key, SharedValue value, std::optional<Duration> ttl,
                                               TimePoint now) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock{shard.mutex};
    Entry* entry = find(shard, key, now);
    if (entry == nullptr) return insert(shard, key, std::move(value), ttl, now);
    const std::size_t before = size_of(entry->value), after = size_of(value);
    if (key.size() + after > limits_.value_bytes || shard.bytes - before + after > limits_.bytes) return Change::full;
    shard.bytes += after - before;
    *entry = {std::move(value), expiry(ttl, now)};
    return Change::done;
}

SharedDictionary::Change SharedDictionary::add(std::string_view key, SharedValue value, std::optional<Duration> ttl,
                                               TimePoint now) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock{shard.mutex};
    if (find(shard, key, now) != nullptr) return Change::exists;
    return insert(shard, key, std::move(value), ttl, now);
}

SharedDictionary::Sum SharedDictionary::increment(std::string_view key, std::int64_t by, std::optional<Duration> ttl,
                                                  TimePoint now) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock{shard.mutex};
    if (Entry* entry = find(shard, key, now)) {
        auto* number = std::get_if<std::int64_t>(&entry->value);
        if (number == nullptr) return {Change::not_a_number, 0};
        // Wraps around, as integers of Lua do.
        *number = static_cast<std::int64_t>(static_cast<std::uint64_t>(*number) + static_cast<std::uint64_t>(by));
        return {Change::done, *number};
    }
    return {insert(shard, key, SharedValue{by}, ttl, now), by};
}

bool SharedDictionary::remove(std::string_view key, TimePoint now) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock{shard.mutex};
    const Entry* entry = find(shard, key, now);
    if (entry == nullptr) return false;
    shard.bytes -= key.size() + size_of(entry->value);
    shard.entries.erase(shard.entries.find(key));
    return true;
}

std::size_t SharedDictionary::count(TimePoint now) const {
    std::size_t total = 0;
    for (const Shard& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        total += static_cast<std::size_t>(std::count_if(shard.entries.begin(), shard.entries.end(),
                                                        [&](const auto& entry) { return entry.second.expires > now; }));
    }
    return total;
}

SharedDictionary::Change SharedDictionary::insert(Shard& shard, std::string_view key, SharedValue value,
                                                  std::optional<Duration> ttl, TimePoint now) {
    const std::size_t bytes = key.size() + size_of(value);
    if (bytes > limits_.value_bytes || !make_room(shard, 1, bytes, now)) return Change::full;
    shard.bytes += bytes;
    shard.entries.emplace(std::string{key}, Entry{std::move(value), expiry(ttl, now)});
    return Change::done;
}

bool SharedDictionary::make_room(Shard& shard, std::size_t entries, std::size_t bytes, TimePoint now) const {
    const auto fits = [&] {
        return shard.entries.size() + entries <= limits_.entries && shard.bytes + bytes <= limits_.bytes;
    };
    if (!fits() && (shard.swept == TimePoint{} || now - shard.swept >= kSweepInterval)) sweep(shard, now);
    return fits();
}

void SharedDictionary::sweep(Shard& shard, TimePoint now) {
    shard.swept = now;
    for (auto entry = shard.entries.begin(); entry != shard.entries.end();) {
        if (entry->second.expires > now) {
            ++entry;
        } else {
            shard.bytes -= entry->first.size() + size_of(entry->second.value);
            entry = shard.entries.erase(entry);
        }
    }
}

}  // namespace viaduct::script
