// counters: what all workers count, by reason.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include <viaduct/metrics_api.hpp>

namespace viaduct::redis {

// What became of one operation.
enum class Outcome : unsigned char {
    answered,     // also "there is no such value", "exists"
    timeout,      // Redis took longer than the deadline
    lost,         // the connection ended before the answer
    unreachable,  // there is no connection, and the last attempt to make one failed
    overloaded,   // the worker's queue is full; nothing was asked
    refused,      // Redis answered that it will not: no permission, read-only, loading
    full,         // Redis has no memory, or the value is too long
};
inline constexpr std::size_t kOutcomes = 7;

class Counters {
public:
    explicit Counters(MetricsApi& metrics);

    void count(Outcome outcome) { operations_[static_cast<std::size_t>(outcome)]->add(); }

    enum Loss : unsigned char { closed, slow, unfit };
    std::array<Counter*, 3> lost{};        // connections: closed by the server, too slow, not fit to serve
    std::array<Counter*, 2> connects{};    // failed, made
    std::atomic<std::int64_t> waiting{0};  // asked for and not answered yet

private:
    std::array<Counter*, kOutcomes> operations_{};
};

}  // namespace viaduct::redis
