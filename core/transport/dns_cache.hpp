// dns_cache: answers kept for their time to live, and one question on the way however many ask it (RFC 2308).
//
// Bounded in entries and in questions under way; above the latter a lookup fails at once instead of queueing behind a
// dead server. When a refresh fails, the answer that has run out serves on for a while (RFC 8767). Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <viaduct/metrics_api.hpp>
#include <viaduct/workers.hpp>

#include "transport/dns_client.hpp"

namespace viaduct::transport {

struct DnsCacheSettings {
    std::size_t entries = 10'000;
    std::size_t under_way = 512;  // questions at the servers at the same time
    Duration minimum_ttl = 1s;    // a zone's 0 would ask for every call
    Duration maximum_ttl = 1h;
    Duration negative_ttl = 30s;  // of a name that does not exist, when its zone does not say; also the most it may say
    Duration failure_ttl = 2s;    // a name whose servers failed is not asked for again for so long
    Duration stale = 1h;          // past its time an answer serves so long while the servers fail
};

class DnsCache {
public:
    using Answer = std::shared_ptr<const DnsAnswer>;  // shared by the cache and the lookups that read it

    DnsCache(Workers& workers, DnsClient& client, MetricsApi& metrics, const DnsCacheSettings& settings);
    ~DnsCache();

    // `done` may be called before this returns. `name` in lower case.
    void lookup(DnsType type, const std::string& name, Completion<Answer> done);
    void clear();  // answers; questions under way go on
    std::size_t size() const { return entries_.size(); }
    std::size_t under_way() const { return under_way_; }

private:
    struct Key {
        std::string name;
        DnsType type;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const {
            return std::hash<std::string>{}(key.name) * 31 + static_cast<std::size_t>(key.type);
        }
    };
    struct Entry {
        Answer answer;  // null while first asked for
        TimePoint fresh_until{}, stale_until{};
        bool asking = false;
        std::vector<Completion<Answer>> waiting;
        std::list<const Key*>::iterator place;  // in by_use_
    };

    void ask(const Key& key, Entry& entry);
    void answered(const Key& key, DnsAnswer answer);
    void keep(Entry& entry, DnsAnswer answer);
    Duration ttl_of(const DnsAnswer& answer) const;
    void make_room();

    Workers& workers_;
    DnsClient& client_;
    DnsCacheSettings settings_;
    Counter &hits_, &asked_, &refused_, &stale_;
    std::unordered_map<Key, Entry, KeyHash> entries_;
    std::list<const Key*> by_use_;  // last used first
    std::size_t under_way_ = 0;
    // Questions hold a weak pointer to it: the client may answer when the cache is gone.
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace viaduct::transport
