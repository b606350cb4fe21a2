// wait_timer: a timer of the worker's wheel that knows its transaction and which of the RFC's timers it is just now.
//
// Each transaction embeds two: `repeat` (A, E, G, 100 Trying) and `life` (all others); no state of any machine needs
// more.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/timer_wheel.hpp"
#include "transaction/actions.hpp"

namespace viaduct::stack {

template <class Item>
struct WaitTimer : Timer {
    WaitTimer(Item& owner, Expired on_expired) : Timer{on_expired}, item{owner} {}
    Item& item;
    transaction::Timer name{};
};

}  // namespace viaduct::stack
