// local_store: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/local_store.hpp"

#include <utility>

namespace viaduct::script {

namespace {

using Change = SharedDictionary::Change;

SharedErrc refusal(Change change) {
    if (change == Change::exists) return SharedErrc::exists;
    return change == Change::full ? SharedErrc::full : SharedErrc::not_an_integer;
}

Result<void> outcome(Change change) {
    if (change == Change::done) return {};
    return refused<void>(refusal(change));
}

}  // namespace

void LocalStore::get(std::string_view key, Completion<Result<std::optional<SharedValue>>> done) {
    done(dictionary_.get(key, workers_.now()));
}

void LocalStore::set(std::string_view key, SharedValue value, std::optional<Duration> ttl,
                     Completion<Result<void>> done) {
    done(outcome(dictionary_.set(key, std::move(value), ttl, workers_.now())));
}

void LocalStore::add(std::string_view key, SharedValue value, std::optional<Duration> ttl,
                     Completion<Result<void>> done) {
    done(outcome(dictionary_.add(key, std::move(value), ttl, workers_.now())));
}

void LocalStore::increment(std::string_view key, std::int64_t by, std::optional<Duration> ttl,
                           Completion<Result<std::int64_t>> done) {
    const auto sum = dictionary_.increment(key, by, ttl, workers_.now());
    if (sum.change != Change::done) return done(refused<std::int64_t>(refusal(sum.change)));
    done(sum.value);
}

void LocalStore::remove(std::string_view key, Completion<Result<bool>> done) {
    done(dictionary_.remove(key, workers_.now()));
}

void LocalStore::count(Completion<Result<std::int64_t>> done) {
    done(static_cast<std::int64_t>(dictionary_.count(workers_.now())));
}

}  // namespace viaduct::script
