// stack_counters: see stack_counters.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "stack/stack_counters.hpp"

namespace viaduct::stack {
namespace {

constexpr const char* kStarted = "viaduct_stack_transactions_started_total";
constexpr const char* kStartedHelp = "Transactions begun (RFC 3261 section 17)";
constexpr const char* kEnded = "viaduct_stack_transactions_ended_total";
constexpr const char* kEndedHelp = "Transactions over; started minus ended are under way";
constexpr const char* kAbsorbed = "viaduct_stack_absorbed_total";
constexpr const char* kAbsorbedHelp = "Messages that ended in their transaction: retransmissions, ACK of failures";
constexpr const char* kRepeated = "viaduct_stack_repeated_total";
constexpr const char* kRepeatedHelp = "Messages sent again by a transaction";
constexpr const char* kCancels = "viaduct_stack_cancels_total";
constexpr const char* kCancelsHelp = "CANCEL requests received, by whether an INVITE transaction was found";
constexpr const char* kDropped = "viaduct_stack_dropped_total";
constexpr const char* kDroppedHelp = "Messages without a transaction that were refused or dropped, by reason";
constexpr const char* kFailures = "viaduct_stack_failures_total";
constexpr const char* kFailuresHelp = "Transactions that failed, by reason";

}  // namespace

StackCounters::StackCounters(MetricsApi& metrics)
    : server_started{metrics.counter(kStarted, kStartedHelp, "kind=\"server\"")},
      server_ended{metrics.counter(kEnded, kEndedHelp, "kind=\"server\"")},
      client_started{metrics.counter(kStarted, kStartedHelp, "kind=\"client\"")},
      client_ended{metrics.counter(kEnded, kEndedHelp, "kind=\"client\"")},
      requests_absorbed{metrics.counter(kAbsorbed, kAbsorbedHelp, "what=\"request\"")},
      responses_absorbed{metrics.counter(kAbsorbed, kAbsorbedHelp, "what=\"response\"")},
      requests_repeated{metrics.counter(kRepeated, kRepeatedHelp, "what=\"request\"")},
      responses_repeated{metrics.counter(kRepeated, kRepeatedHelp, "what=\"response\"")},
      answered_statelessly{metrics.counter("viaduct_stack_stateless_answers_total",
                                           "Final responses after which nothing was kept (RFC 3261 section 8.2.7)")},
      acks_absorbed{metrics.counter(kAbsorbed, kAbsorbedHelp, "what=\"ack\"")},
      cancels_matched{metrics.counter(kCancels, kCancelsHelp, "matched=\"yes\"")},
      cancels_unmatched{metrics.counter(kCancels, kCancelsHelp, "matched=\"no\"")},
      stray_responses{metrics.counter(kDropped, kDroppedHelp, "reason=\"stray_response\"")},
      refused_full{metrics.counter(kDropped, kDroppedHelp, "reason=\"transaction_limit\"")},
      unreadable{metrics.counter(kDropped, kDroppedHelp, "reason=\"no_key\"")},
      timeouts{metrics.counter(kFailures, kFailuresHelp, "reason=\"timeout\"")},
      callers_gone{metrics.counter(kFailures, kFailuresHelp, "reason=\"caller_gone\"")},
      server_send_failures{metrics.counter(kFailures, kFailuresHelp, "reason=\"response_not_sent\"")},
      client_send_failures{metrics.counter(kFailures, kFailuresHelp, "reason=\"request_not_sent\"")} {}

}  // namespace viaduct::stack
