// script_counters: what the script engine of a process counts. References stay valid as long as the server.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/metrics_api.hpp>

namespace viaduct::script {

struct ScriptCounters {
    explicit ScriptCounters(MetricsApi& metrics)
        : requests{metrics.counter("viaduct_script_requests_total", "Requests given to the script.")},
          waits{metrics.counter("viaduct_script_waits_total", "Times a script had to wait.")},
          errors{
              metrics.counter("viaduct_script_errors_total", "Handlers that ended with an error; a request gets 500.")},
          exhausted{metrics.counter("viaduct_script_exhausted_total", "Handlers stopped by the instruction budget.")},
          abandoned{metrics.counter("viaduct_script_abandoned_total", "Handlers ended because the caller gave up.")},
          late{metrics.counter("viaduct_script_late_completions_total",
                               "Results that came for a handler that had ended.")} {}

    Counter &requests, &waits, &errors, &exhausted, &abandoned, &late;
};

}  // namespace viaduct::script
