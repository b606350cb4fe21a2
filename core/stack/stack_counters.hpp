// stack_counters: what the stack counts, and why it dropped or refused something. Looked up once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/metrics_api.hpp>

namespace viaduct::stack {

struct StackCounters {
    explicit StackCounters(MetricsApi& metrics);

    // The difference is what is under way.
    Counter &server_started, &server_ended, &client_started, &client_ended;
    Counter &requests_absorbed, &responses_absorbed;  // retransmissions that went no further
    Counter &requests_repeated, &responses_repeated;  // retransmissions of ours
    Counter& answered_statelessly;
    Counter &acks_absorbed, &cancels_matched, &cancels_unmatched;
    Counter &stray_responses, &refused_full, &unreadable;
    Counter &timeouts, &callers_gone, &server_send_failures, &client_send_failures;
};

}  // namespace viaduct::stack
