// metrics: the one registry of counters and gauges behind viaduct/metrics_api.hpp. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/metrics_api.hpp>

namespace viaduct {

class Metrics final : public MetricsApi {
public:
    Counter& counter(std::string_view name, std::string_view help, std::string_view labels) override;
    Registration gauge(std::string_view name, std::string_view help, UniqueFunction<double()> read,
                       std::string_view labels) override;

    std::vector<MetricSample> samples() const override;
    // Sum over all label sets; 0 when there is no such counter.
    std::uint64_t total(std::string_view name) const;

private:
    using Key = std::pair<std::string, std::string>;  // name, labels
    struct CounterEntry {
        std::string help;
        std::unique_ptr<Counter> counter;
    };
    struct GaugeEntry {
        std::string help;
        UniqueFunction<double()> read;
    };

    mutable std::mutex mutex_;
    std::map<Key, CounterEntry> counters_;
    mutable std::map<Key, GaugeEntry> gauges_;
};

}  // namespace viaduct
