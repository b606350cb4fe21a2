// metrics: see metrics.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.hpp"

#include <algorithm>

namespace viaduct {

unsigned Counter::cell() noexcept {
    static std::atomic<unsigned> next{0};
    thread_local const unsigned mine = next.fetch_add(1, std::memory_order_relaxed) % kCells;
    return mine;
}

std::uint64_t Counter::value() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& cell : cells_) sum += cell.value.load(std::memory_order_relaxed);
    return sum;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, std::string_view labels) {
    const std::lock_guard lock{mutex_};
    CounterEntry& entry = counters_[{std::string{name}, std::string{labels}}];
    if (!entry.counter) entry = {std::string{help}, std::make_unique<Counter>()};
    return *entry.counter;
}

Registration Metrics::gauge(std::string_view name, std::string_view help, UniqueFunction<double()> read,
                            std::string_view labels) {
    const std::lock_guard lock{mutex_};
    Key key{name, labels};
    gauges_[key] = {std::string{help}, std::move(read)};
    return Registration{[this, key] {
        const std::lock_guard inner{mutex_};
        gauges_.erase(key);
    }};
}

std::vector<MetricSample> Metrics::samples() const {
    const std::lock_guard lock{mutex_};
    std::vector<MetricSample> samples;
    for (const auto& [key, entry] : counters_) {
        samples.push_back({key.first, key.second, entry.help, true, static_cast<double>(entry.counter->value())});
    }
    for (auto& [key, entry] : gauges_) samples.push_back({key.first, key.second, entry.help, false, entry.read()});
    std::sort(samples.begin(), samples.end(),
              [](const auto& a, const auto& b) { return std::tie(a.name, a.labels) < std::tie(b.name, b.labels); });
    return samples;
}

std::uint64_t Metrics::total(std::string_view name) const {
    const std::lock_guard lock{mutex_};
    std::uint64_t sum = 0;
    for (const auto& [key, entry] : counters_) {
        if (key.first == name) sum += entry.counter->value();
    }
    return sum;
}

}  // namespace viaduct
