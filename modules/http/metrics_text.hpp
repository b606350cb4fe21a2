// metrics_text: counters and gauges as Prometheus reads them (text exposition format 0.0.4).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <viaduct/metrics_api.hpp>

namespace viaduct::http {

inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// REQUIRES: sorted by name. HELP and TYPE once for each name.
std::string metrics_text(const std::vector<MetricSample>& samples);

}  // namespace viaduct::http
