// subscriber_directory: subscribers from memory, else from the database.
//
// Either on demand, each answer kept for a while, or with the whole table in memory from the start. One object for all
// workers: look-ups on worker threads, load() on any thread that may block.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <viaduct/database.hpp>
#include <viaduct/time.hpp>
#include <viaduct/unique_function.hpp>

#include "subscriber.hpp"
#include "subscriber_cache.hpp"

namespace viaduct::auth {

struct DirectorySettings {
    Duration lifetime = 60s;          // how long an answer is believed
    std::size_t cache_size = 100000;  // subscribers, and as many names that do not exist
    bool preload = false;             // the whole table in memory; after load() nobody waits
    bool serve_stale = false;         // the database is silent: what was last known is good enough
};

enum class LookupSource : std::uint8_t { cache, database, stale, none };

struct Lookup {
    LookupSource source = LookupSource::none;
    Subscriber subscriber;  // unless none: the database could not say
};

class SubscriberDirectory {
public:
    SubscriberDirectory(Database& database, SubscriberReader reader, const DirectorySettings& settings);

    struct Cached {
        Subscriber subscriber;
        bool just_read;  // too young to ask the database again; the whole table in memory always is
    };
    // What needs no waiting.
    std::optional<Cached> cached(std::string_view user, std::string_view domain, TimePoint now);
    // Asks the database, whatever is cached.
    void fetch(std::string_view user, std::string_view domain, TimePoint now, Completion<Lookup> done);

    // Reads the whole table, replacing what is in memory. Blocks; throws std::runtime_error when the database fails,
    // and then what is in memory stays. Returns the number of subscribers.
    std::uint64_t load();
    // The row may have changed: the next look-up sees it as it is now.
    void forget(std::string_view user, std::string_view domain, TimePoint now, Completion<> done);
    // All rows may have changed. For the preloaded table use load().
    void forget_all() { cache_.clear(); }

    std::uint64_t known() const { return cache_.known(); }
    std::uint64_t unknown() const { return cache_.unknown(); }

private:
    void scan();
    void put_back(std::string_view user, std::string_view domain, TimePoint now, Completion<> done);
    TimePoint fresh_until(TimePoint now) const;
    Lookup learn(const DatabaseRows& rows, std::string_view user, std::string_view domain, TimePoint now,
                 std::uint64_t generation);
    Lookup fall_back(std::string_view user, std::string_view domain);
    bool just_read(TimePoint fresh_until, TimePoint now) const;

    Database& database_;
    SubscriberReader reader_;
    DirectorySettings settings_;
    SubscriberCache cache_;
    std::atomic<bool> loaded_{false};
    std::atomic<bool> changed_{false};  // forget() came while load() was reading
};

}  // namespace viaduct::auth
