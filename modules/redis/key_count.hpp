// key_count: how many keys with a prefix there are, without looking at all of a large database.
//
// DBSIZE says how many keys there are in all; SCAN walks them in an order that has nothing to do with their names. So a
// database of up to `most` keys is counted, and of a larger one that many are a sample. No I/O: next() says what to
// ask, take() takes the reply, until result() is there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "commands.hpp"

namespace viaduct::redis {

class KeyCount {
public:
    static constexpr std::int64_t kMost = 10'000;

    explicit KeyCount(std::string prefix, std::int64_t most = kMost) : prefix_{std::move(prefix)}, most_{most} {}

    Command next() const;
    // False: Redis answered something else than a count or keys.
    bool take(const Reply& reply);
    std::optional<std::int64_t> result() const { return result_; }

private:
    bool take_keys(const Reply& reply);

    const std::string prefix_;
    const std::int64_t most_;
    std::optional<std::int64_t> total_;
    std::string cursor_ = "0";
    std::int64_t seen_ = 0, matching_ = 0;
    std::optional<std::int64_t> result_;
};

}  // namespace viaduct::redis
