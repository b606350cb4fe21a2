// viaduct/metrics_api: counters by reason, and gauges read when somebody asks.
//
// Counter::add is a relaxed increment of a cell of this thread: no lock, no sharing. Names follow Prometheus:
// viaduct_transport_messages_received_total. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/registration.hpp>

namespace viaduct {

class Counter {
public:
    static constexpr unsigned kCells = 16;

    void add(std::uint64_t n = 1) noexcept { cells_[cell()].value.fetch_add(n, std::memory_order_relaxed); }
    std::uint64_t value() const noexcept;

private:
    struct alignas(64) Cell {
        std::atomic<std::uint64_t> value{0};
    };
    static unsigned cell() noexcept;  // spreads threads over cells
    std::array<Cell, kCells> cells_;
};

struct MetricSample {
    std::string name, labels, help;
    bool is_counter;
    double value;
};

class MetricsApi {
public:
    virtual ~MetricsApi() = default;
    // The counter of that name and label set, made at first use; lives as long as the server. `labels`: "" or
    // `reason="bad_via"`. Look it up once, keep the reference.
    virtual Counter& counter(std::string_view name, std::string_view help, std::string_view labels = {}) = 0;
    // `read` is called on any thread when statistics are asked for; it must be thread-safe.
    virtual Registration gauge(std::string_view name, std::string_view help, UniqueFunction<double()> read,
                               std::string_view labels = {}) = 0;
    // All there is now, sorted by name, then labels. Any thread.
    virtual std::vector<MetricSample> samples() const = 0;
};

}  // namespace viaduct
