// timer_wheel: many timers that are mostly cancelled, for one worker.
//
// Hierarchical wheel of 4 levels with 256 slots each. A Timer is embedded in its owner (intrusive); arming, re-arming
// and cancelling are O(1) and allocate nothing. advance() runs what is due, at most `budget` timers a call, so that a
// burst never stalls the loop. A callback may arm, cancel and destroy any timer, its own too. Not thread-safe: lives on
// its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include <viaduct/time.hpp>

namespace viaduct {

class TimerWheel;

// Base of, or member in, whatever waits. Destroying an armed Timer cancels it. Neither copied nor moved.
class Timer {
public:
    using Expired = void (*)(Timer& timer);
    explicit Timer(Expired expired) : expired_{expired} {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() { cancel(); }

    bool armed() const { return wheel_ != nullptr; }
    void cancel();

private:
    friend class TimerWheel;
    Timer* next_ = nullptr;
    Timer** link_ = nullptr;  // the pointer that points at us
    TimerWheel* wheel_ = nullptr;
    std::uint64_t due_ = 0;  // tick
    Expired expired_;
};

class TimerWheel {
public:
    explicit TimerWheel(TimePoint start, Duration tick = 10ms);
    ~TimerWheel();

    // (Re-)arms; rounds up to the next tick, never early.
    void arm(Timer& timer, TimePoint due);
    // Runs timers due at `now`; returns how many ran. When `budget` is used up, call again soon.
    std::size_t advance(TimePoint now, std::size_t budget = std::numeric_limits<std::size_t>::max());
    // A lower bound of when the next timer is due: never later than the truth. nullopt when empty.
    std::optional<TimePoint> next_due() const;
    std::size_t size() const { return size_; }

private:
    friend class Timer;
    static constexpr unsigned kBits = 8, kSlots = 1U << kBits, kLevels = 4;
    // Which slots may hold timers. A set bit may be stale (its slot emptied by cancelling) until it is looked at.
    using Occupied = std::array<std::uint64_t, kSlots / 64>;

    std::uint64_t ceil_tick(TimePoint time) const;
    TimePoint time_of(std::uint64_t tick) const { return start_ + tick_ * static_cast<std::int64_t>(tick); }
    void place(Timer& timer);
    void enter_block();                                   // cascades the levels whose block begins at current_
    std::uint64_t next_event(std::uint64_t limit) const;  // the first tick at which advance() has something to do
    std::optional<unsigned> first_occupied(unsigned level, unsigned from) const;  // distance from `from`, wrapping

    TimePoint start_;
    Duration tick_;
    std::uint64_t current_ = 0;  // the next tick to run; its block has been entered
    std::size_t size_ = 0;
    Timer* running_ = nullptr;  // due timers of ticks before current_ that have not run yet
    std::array<std::array<Timer*, kSlots>, kLevels> slots_{};
    mutable std::array<Occupied, kLevels> occupied_{};
};

}  // namespace viaduct
