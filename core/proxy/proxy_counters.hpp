// proxy_counters: what the proxy layer counts, by reason. Looked up once; thread-safe as MetricsApi is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/metrics_api.hpp>

namespace viaduct::proxy {

struct ProxyCounters {
    explicit ProxyCounters(MetricsApi& metrics);

    void refused(int status);  // by request validation (RFC 3261 section 16.3)

    Counter& requests;
    Counter& branches;
    Counter& failovers;
    Counter& timer_c;
    Counter& acks_forwarded;
    Counter& acks_dropped;
    Counter& stateless_requests;
    Counter& stateless_responses;
    Counter& responses_dropped;
    Counter& late_successes;
    Counter& handler_errors;
    Counter& shed;

private:
    Counter &refused_scheme_, &refused_hops_, &refused_loop_, &refused_extension_, &refused_other_;
};

}  // namespace viaduct::proxy
