// viaduct/time: the two clocks everything runs on.
//
// TimePoint is monotonic: timers, deadlines, ages. WallTime is the calendar: expiry stored in a
// database, log lines. Nobody reads a clock directly; a worker lends both (viaduct/workers.hpp), so
// that tests can turn them by hand.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace viaduct {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>;

using namespace std::chrono_literals;

}  // namespace viaduct
