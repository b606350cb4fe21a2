// redis_store: see redis_store.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "redis_store.hpp"

#include <utility>

#include "socket_wire.hpp"

namespace viaduct::redis {

// A count takes several commands, and as long as one may take.
struct RedisStore::Counting {
    KeyCount count;
    TimePoint until;
    Completion<Result<std::int64_t>> done;
};

RedisStore::RedisStore(Settings settings, Workers& workers, MetricsApi& metrics, const Logger& log)
    : settings_{std::move(settings)},
      workers_{workers},
      counters_{metrics},
      availability_{settings_.address.text(), workers.count(), log} {
    if (settings_.address.is_name()) lookup_ = std::make_unique<NameLookup>(workers);
    for (unsigned worker = 0; worker < workers.count(); ++worker) {
        conversations_.push_back(std::make_unique<Conversation>(
            settings_.conversation, workers,
            std::make_unique<SocketWire>(settings_.address, workers, lookup_.get(), settings_.tls.get()), counters_,
            availability_, worker));
    }
}

void RedisStore::worker_started() {
    if (!settings_.rehearsal) here().start();
}

template <class T, class Meaning>
void RedisStore::ask(Command command, Meaning meaning, Completion<Result<T>> done) {
    if (command.bytes() > kMostBytes) {
        counters_.count(Outcome::full);
        return done(refused<T>(SharedErrc::full));
    }
    here().ask(std::move(command), [this, meaning, done = std::move(done)](Answer answer) mutable {
        note(answer);
        const auto* reply = std::get_if<Reply>(&answer);
        done(reply == nullptr ? refused<T>(SharedErrc::unavailable) : meaning(*reply));
    });
}

void RedisStore::note(const Answer& answer) {
    const auto* reply = std::get_if<Reply>(&answer);
    if (reply == nullptr) return counters_.count(std::get<Outcome>(answer));
    const auto* refusal = std::get_if<Refusal>(reply);
    if (refusal == nullptr) return counters_.count(Outcome::answered);
    switch (meaning(*refusal)) {
        case SharedErrc::full: return counters_.count(Outcome::full);
        case SharedErrc::unavailable:
            counters_.count(Outcome::refused);
            return availability_.refused(refusal->words, workers_.now());
        default: return counters_.count(Outcome::answered);
    }
}

void RedisStore::get(std::string_view key, Completion<Result<std::optional<SharedValue>>> done) {
    ask(get_command(full_key(key)), got, std::move(done));
}

void RedisStore::set(std::string_view key, SharedValue value, std::optional<Duration> ttl,
                     Completion<Result<void>> done) {
    ask(set_command(full_key(key), value, ttl), written, std::move(done));
}

void RedisStore::add(std::string_view key, SharedValue value, std::optional<Duration> ttl,
                     Completion<Result<void>> done) {
    ask(add_command(full_key(key), value, ttl), written, std::move(done));
}

void RedisStore::increment(std::string_view key, std::int64_t by, std::optional<Duration> ttl,
                           Completion<Result<std::int64_t>> done) {
    ask(increment_command(full_key(key), by, ttl), summed, std::move(done));
}

void RedisStore::remove(std::string_view key, Completion<Result<bool>> done) {
    ask(remove_command(full_key(key)), removed, std::move(done));
}

void RedisStore::count(Completion<Result<std::int64_t>> done) {
    go_on(std::make_shared<Counting>(
        Counting{KeyCount{settings_.prefix}, workers_.now() + settings_.conversation.deadline, std::move(done)}));
}

void RedisStore::go_on(std::shared_ptr<Counting> counting) {
    Command command = counting->count.next();
    here().ask(std::move(command), [this, counting = std::move(counting)](const Answer& answer) {
        note(answer);
        const auto* reply = std::get_if<Reply>(&answer);
        if (reply == nullptr || !counting->count.take(*reply))
            return counting->done(refused<std::int64_t>(SharedErrc::unavailable));
        if (const auto result = counting->count.result()) return counting->done(*result);
        if (workers_.now() >= counting->until) return counting->done(refused<std::int64_t>(SharedErrc::unavailable));
        go_on(counting);
    });
}

}  // namespace viaduct::redis
