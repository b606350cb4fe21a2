// redis_store: viaduct.shared in Redis (viaduct/shared_store.hpp): a conversation for each worker.
//
// Keys begin with a prefix, values are texts (value_text.hpp). A key with its value is at most as long as in the
// server's own memory, so that scripts meet the same bound. Made and destroyed while no worker runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <viaduct/logger.hpp>
#include <viaduct/shared_store.hpp>
#include <viaduct/workers.hpp>

#include "address.hpp"
#include "availability.hpp"
#include "conversation.hpp"
#include "counters.hpp"
#include "key_count.hpp"
#include "name_lookup.hpp"
#include "tls_client.hpp"

namespace viaduct::redis {

class RedisStore final : public SharedStore {
public:
    static constexpr std::size_t kMostBytes = 64UL * 1024;  // of a key and its value

    struct Settings {
        Address address;
        std::string prefix;
        std::unique_ptr<TlsClient> tls;  // null: without
        Conversation::Settings conversation;
        bool rehearsal = false;  // no server is asked
    };
    RedisStore(Settings settings, Workers& workers, MetricsApi& metrics, const Logger& log);

    // On each worker's own thread, before anything else.
    void worker_started();

    void get(std::string_view key, Completion<Result<std::optional<SharedValue>>> done) override;
    void set(std::string_view key, SharedValue value, std::optional<Duration> ttl,
             Completion<Result<void>> done) override;
    void add(std::string_view key, SharedValue value, std::optional<Duration> ttl,
             Completion<Result<void>> done) override;
    void increment(std::string_view key, std::int64_t by, std::optional<Duration> ttl,
                   Completion<Result<std::int64_t>> done) override;
    void remove(std::string_view key, Completion<Result<bool>> done) override;
    void count(Completion<Result<std::int64_t>> done) override;
    bool is_rehearsal() const override { return settings_.rehearsal; }

    const Counters& counters() const { return counters_; }
    std::size_t connections() const { return availability_.connections(); }

private:
    struct Counting;

    Conversation& here() { return *conversations_[workers_.current()]; }
    std::string full_key(std::string_view key) const { return settings_.prefix + std::string{key}; }
    template <class T, class Meaning>
    void ask(Command command, Meaning meaning, Completion<Result<T>> done);
    void go_on(std::shared_ptr<Counting> counting);
    // Counts what became of an operation; a refusal that is nobody's wish is said in the log.
    void note(const Answer& answer);

    const Settings settings_;
    Workers& workers_;
    Counters counters_;
    Availability availability_;
    std::unique_ptr<NameLookup> lookup_;  // only where the address is a name
    std::vector<std::unique_ptr<Conversation>> conversations_;
};

}  // namespace viaduct::redis
