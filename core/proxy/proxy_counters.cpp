// proxy_counters: see proxy_counters.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/proxy_counters.hpp"

namespace viaduct::proxy {
namespace {

Counter& refusal(MetricsApi& metrics, std::string_view labels) {
    return metrics.counter("viaduct_proxy_refused_total", "Requests refused by request validation", labels);
}

Counter& stateless(MetricsApi& metrics, std::string_view labels) {
    return metrics.counter("viaduct_proxy_stateless_total", "Messages forwarded statelessly", labels);
}

Counter& acks(MetricsApi& metrics, std::string_view labels) {
    return metrics.counter("viaduct_proxy_acks_total", "ACK requests without a transaction here", labels);
}

}  // namespace

ProxyCounters::ProxyCounters(MetricsApi& metrics)
    : requests{metrics.counter("viaduct_proxy_requests_total", "Requests given to the script")},
      branches{metrics.counter("viaduct_proxy_branches_total", "Requests sent by branches")},
      failovers{metrics.counter("viaduct_proxy_failovers_total", "Branches that tried a further destination")},
      timer_c{metrics.counter("viaduct_proxy_timer_c_total", "Branches ended by timer C")},
      acks_forwarded{acks(metrics, "outcome=\"forwarded\"")},
      acks_dropped{acks(metrics, "outcome=\"dropped\"")},
      stateless_requests{stateless(metrics, "kind=\"request\"")},
      stateless_responses{stateless(metrics, "kind=\"response\"")},
      responses_dropped{metrics.counter("viaduct_proxy_responses_dropped_total", "Responses nobody here waits for")},
      late_successes{metrics.counter("viaduct_proxy_late_successes_total",
                                     "2xx to an INVITE that came when the caller had been answered otherwise")},
      handler_errors{metrics.counter("viaduct_proxy_script_errors_total", "Requests the script failed at (500)")},
      shed{metrics.counter("viaduct_proxy_shed_total", "Requests refused with 503 because of overload or shutdown")},
      refused_scheme_{refusal(metrics, "status=\"416\"")},
      refused_hops_{refusal(metrics, "status=\"483\"")},
      refused_loop_{refusal(metrics, "status=\"482\"")},
      refused_extension_{refusal(metrics, "status=\"420\"")},
      refused_other_{refusal(metrics, "status=\"other\"")} {}

void ProxyCounters::refused(int status) {
    switch (status) {
        case 416: return refused_scheme_.add();
        case 483: return refused_hops_.add();
        case 482: return refused_loop_.add();
        case 420: return refused_extension_.add();
        default: return refused_other_.add();
    }
}

}  // namespace viaduct::proxy
