// subscriber_directory: the database behind a cache.
// SPDX-License-Identifier: Apache-2.0
#include "subscriber_directory.hpp"

#include <utility>

namespace viaduct::auth {
namespace {

// While one user after another is being changed a load could start over for ever.
constexpr int kMostScans = 5;
// An answer younger than this is not asked for again, whatever passwords somebody tries.
constexpr Duration kYoung = 5s;

}  // namespace

SubscriberDirectory::SubscriberDirectory(Database& database, SubscriberReader reader, const DirectorySettings& settings)
    : database_{database},
      reader_{std::move(reader)},
      settings_{settings},
      cache_{settings.preload ? 0 : settings.cache_size, settings.cache_size} {}

TimePoint SubscriberDirectory::fresh_until(TimePoint now) const {
    return settings_.preload ? TimePoint::max() : now + settings_.lifetime;
}

bool SubscriberDirectory::just_read(TimePoint fresh_until, TimePoint now) const {
    return settings_.preload || now < fresh_until - settings_.lifetime + kYoung;
}

std::optional<SubscriberDirectory::Cached> SubscriberDirectory::cached(std::string_view user, std::string_view domain,
                                                                       TimePoint now) {
    auto found = cache_.find(user, domain);
    if (found && now < found->fresh_until) return Cached{found->subscriber, just_read(found->fresh_until, now)};
    // The whole table is in memory, so a name that is not there does not exist.
    if (!found && loaded_) return Cached{reader_.stand_in(), true};
    return std::nullopt;
}

void SubscriberDirectory::fetch(std::string_view user, std::string_view domain, TimePoint now,
                                Completion<Lookup> done) {
    auto learnt = [this, user = std::string{user}, domain = std::string{domain}, now,
                   generation = cache_.generation(user, domain),
                   done = std::move(done)](Result<DatabaseRows> rows) mutable {
        done(rows ? learn(*rows, user, domain, now, generation) : fall_back(user, domain));
    };
    database_.select(reader_.select_one(user, domain), std::move(learnt));
}

Lookup SubscriberDirectory::learn(const DatabaseRows& rows, std::string_view user, std::string_view domain,
                                  TimePoint now, std::uint64_t generation) {
    Lookup lookup{LookupSource::database, reader_.read(rows, user, domain)};
    cache_.store(user, domain, lookup.subscriber, fresh_until(now), generation);
    return lookup;
}

Lookup SubscriberDirectory::fall_back(std::string_view user, std::string_view domain) {
    if (!settings_.serve_stale) return {};
    const auto found = cache_.find(user, domain);
    return found ? Lookup{LookupSource::stale, found->subscriber} : Lookup{};
}

std::uint64_t SubscriberDirectory::load() {
    for (int scans = 0; scans < kMostScans; ++scans) {
        changed_ = false;
        scan();
        if (!changed_) break;
    }
    loaded_ = true;
    return cache_.known();
}

void SubscriberDirectory::scan() {
    cache_.begin_load();
    database_.scan_now(reader_.select_all(), [this](DatabaseRow& row) {
        const std::string user = SubscriberReader::user_of(row), domain = SubscriberReader::domain_of(row);
        cache_.store(user, domain, reader_.read(row, user, domain), TimePoint::max(), cache_.generation(user, domain));
    });
    cache_.end_load();
}

void SubscriberDirectory::forget(std::string_view user, std::string_view domain, TimePoint now, Completion<> done) {
    changed_ = true;
    cache_.forget(user, domain);
    if (!settings_.preload) return done();
    put_back(user, domain, now, std::move(done));
}

// The table in memory is whole; the row must be there again, as it is now, before anybody asks.
void SubscriberDirectory::put_back(std::string_view user, std::string_view domain, TimePoint now, Completion<> done) {
    fetch(user, domain, now,
          [this, user = std::string{user}, domain = std::string{domain}, now,
           done = std::move(done)](const Lookup& lookup) mutable {
              if (lookup.source == LookupSource::none) {
                  loaded_ = false;  // not whole any more: ask when needed
              } else if (!cache_.find(user, domain)) {
                  // Not kept, because another name of its shard was forgotten meanwhile.
                  return put_back(user, domain, now, std::move(done));
              }
              done();
          });
}

}  // namespace viaduct::auth
