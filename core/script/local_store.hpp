// local_store: viaduct.shared in this process's memory; it answers at once.
//
// The times to live are counted by the clock of the worker that asks. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/shared_store.hpp>
#include <viaduct/workers.hpp>

#include "script/shared_dictionary.hpp"

namespace viaduct::script {

class LocalStore final : public SharedStore {
public:
    explicit LocalStore(const Workers& workers) : workers_{workers} {}

    void get(std::string_view key, Completion<Result<std::optional<SharedValue>>> done) override;
    void set(std::string_view key, SharedValue value, std::optional<Duration> ttl,
             Completion<Result<void>> done) override;
    void add(std::string_view key, SharedValue value, std::optional<Duration> ttl,
             Completion<Result<void>> done) override;
    void increment(std::string_view key, std::int64_t by, std::optional<Duration> ttl,
                   Completion<Result<std::int64_t>> done) override;
    void remove(std::string_view key, Completion<Result<bool>> done) override;
    void count(Completion<Result<std::int64_t>> done) override;

private:
    const Workers& workers_;
    SharedDictionary dictionary_;
};

}  // namespace viaduct::script
