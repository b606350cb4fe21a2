// dns_cache: see dns_cache.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/dns_cache.hpp"

#include <algorithm>

namespace viaduct::transport {

DnsCache::DnsCache(Workers& workers, DnsClient& client, MetricsApi& metrics, const DnsCacheSettings& settings)
    : workers_{workers},
      client_{client},
      settings_{settings},
      hits_{metrics.counter("viaduct_transport_dns_cache_hits_total", "DNS questions answered from the cache")},
      asked_{metrics.counter("viaduct_transport_dns_queries_total", "DNS questions sent to servers")},
      refused_{metrics.counter("viaduct_transport_dns_refused_total", "DNS questions refused: too many under way")},
      stale_{metrics.counter("viaduct_transport_dns_stale_total",
                             "Expired DNS answers used because the servers failed")} {}

DnsCache::~DnsCache() = default;

void DnsCache::lookup(DnsType type, const std::string& name, Completion<Answer> done) {
    const auto [found, added] = entries_.try_emplace(Key{name, type});
    const Key& key = found->first;
    Entry& entry = found->second;
    if (added) {
        by_use_.push_front(&key);
        entry.place = by_use_.begin();
    } else {
        by_use_.splice(by_use_.begin(), by_use_, entry.place);
    }
    if (entry.answer && workers_.now() < entry.fresh_until) {
        hits_.add();
        const Answer answer = entry.answer;
        return done(answer);
    }
    if (!entry.asking && under_way_ >= settings_.under_way) {
        refused_.add();
        const bool usable = entry.answer && workers_.now() < entry.stale_until;
        const Answer answer =
            usable ? entry.answer : std::make_shared<DnsAnswer>(DnsAnswer{.status = DnsStatus::server_failure});
        if (!entry.answer) {
            by_use_.erase(entry.place);
            entries_.erase(found);
        }
        return done(answer);
    }
    entry.waiting.push_back(std::move(done));
    if (!entry.asking) ask(key, entry);
}

void DnsCache::ask(const Key& key, Entry& entry) {
    entry.asking = true;
    ++under_way_;
    asked_.add();
    const Key copy = key;
    make_room();
    client_.query(copy.type, copy.name, [this, weak = std::weak_ptr<int>{alive_}, copy](DnsAnswer answer) {
        if (!weak.expired()) answered(copy, std::move(answer));
    });
}

void DnsCache::answered(const Key& key, DnsAnswer answer) {
    --under_way_;
    Entry& entry = entries_.find(key)->second;  // entries that ask are never evicted
    entry.asking = false;
    keep(entry, std::move(answer));
    const Answer kept = entry.answer;
    // Callbacks may look up again, and so move or drop the entry: it is not touched any more.
    auto waiting = std::move(entry.waiting);
    entry.waiting.clear();
    for (auto& done : waiting) done(kept);
}

void DnsCache::keep(Entry& entry, DnsAnswer answer) {
    const TimePoint now = workers_.now();
    const bool failed = answer.status == DnsStatus::timeout || answer.status == DnsStatus::server_failure;
    if (failed && entry.answer && now < entry.stale_until) {
        stale_.add();
        entry.fresh_until = now + settings_.failure_ttl;
        return;
    }
    entry.fresh_until = now + ttl_of(answer);
    entry.stale_until = failed ? now : entry.fresh_until + settings_.stale;
    entry.answer = std::make_shared<DnsAnswer>(std::move(answer));
}

Duration DnsCache::ttl_of(const DnsAnswer& answer) const {
    if (answer.status == DnsStatus::found) return std::clamp(answer.ttl, settings_.minimum_ttl, settings_.maximum_ttl);
    if (!is_negative(answer.status)) return settings_.failure_ttl;
    const Duration said = answer.ttl > Duration{0} ? answer.ttl : settings_.negative_ttl;
    return std::clamp(said, settings_.minimum_ttl, std::max(settings_.minimum_ttl, settings_.negative_ttl));
}

void DnsCache::make_room() {
    for (auto place = by_use_.end(); entries_.size() > settings_.entries && place != by_use_.begin();) {
        --place;
        const auto found = entries_.find(**place);
        if (found->second.asking) continue;
        place = by_use_.erase(place);
        entries_.erase(found);
    }
}

void DnsCache::clear() {
    for (auto place = by_use_.begin(); place != by_use_.end();) {
        const auto found = entries_.find(**place);
        if (found->second.asking) {
            found->second.fresh_until = found->second.stale_until = {};
            ++place;
            continue;
        }
        place = by_use_.erase(place);
        entries_.erase(found);
    }
}

}  // namespace viaduct::transport
