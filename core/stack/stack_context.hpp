// stack_context: what the parts of one Stack share: its surroundings, its settings as the machines want them, its
// secret.
//
// Owned by the Stack, outlives the parts. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stack/keyed_hash.hpp"
#include "stack/stack.hpp"
#include "stack/stack_counters.hpp"
#include "transaction/timer_values.hpp"

namespace viaduct::stack {

struct StackContext {
    explicit StackContext(const Stack::Dependencies& dependencies)
        : workers{dependencies.workers},
          timers{dependencies.timers},
          transport{dependencies.transport},
          user{dependencies.user},
          counters{dependencies.metrics},
          values{.t1 = dependencies.settings.t1, .t2 = dependencies.settings.t2, .t4 = dependencies.settings.t4},
          hash{dependencies.settings.secret} {}

    Workers& workers;
    TimerWheel& timers;
    transport::TransportLayer& transport;
    TransactionUser& user;
    StackCounters counters;
    transaction::TimerValues values;
    KeyedHash hash;
};

}  // namespace viaduct::stack
