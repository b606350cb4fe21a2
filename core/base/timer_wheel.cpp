// timer_wheel: see timer_wheel.hpp. Level 0 holds the next 256 ticks one slot each; a timer further away waits in a
// coarser slot of a higher level and is moved down when its block begins.
// SPDX-License-Identifier: Apache-2.0
#include "base/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace viaduct {

void Timer::cancel() {
    if (wheel_ == nullptr) return;
    *link_ = next_;
    if (next_ != nullptr) next_->link_ = link_;
    --wheel_->size_;
    next_ = nullptr;
    link_ = nullptr;
    wheel_ = nullptr;
}

TimerWheel::TimerWheel(TimePoint start, Duration tick) : start_{start}, tick_{tick} {}

TimerWheel::~TimerWheel() {
    while (running_ != nullptr) running_->cancel();
    for (auto& level : slots_) {
        for (Timer*& slot : level) {
            while (slot != nullptr) slot->cancel();
        }
    }
}

std::uint64_t TimerWheel::ceil_tick(TimePoint time) const {
    if (time <= start_) return 0;
    return static_cast<std::uint64_t>((time - start_ + tick_ - Duration{1}) / tick_);
}

void TimerWheel::arm(Timer& timer, TimePoint due) {
    timer.cancel();
    timer.due_ = std::max(ceil_tick(due), current_);
    timer.wheel_ = this;
    ++size_;
    place(timer);
}

void TimerWheel::place(Timer& timer) {
    const std::uint64_t distance = timer.due_ - current_;
    unsigned level = 0;
    while (level + 1 < kLevels && distance >> (kBits * (level + 1)) != 0) ++level;
    // Beyond the horizon: the farthest slot; placed again when that block begins.
    const std::uint64_t horizon = (std::uint64_t{1} << (kBits * kLevels)) - 1;
    const std::uint64_t tick = current_ + std::min(distance, horizon);
    const unsigned slot = static_cast<unsigned>(tick >> (kBits * level)) % kSlots;
    occupied_[level][slot / 64] |= std::uint64_t{1} << (slot % 64);
    Timer*& head = slots_[level][slot];
    timer.next_ = head;
    if (head != nullptr) head->link_ = &timer.next_;
    head = &timer;
    timer.link_ = &head;
}

void TimerWheel::enter_block() {
    for (unsigned level = 1; level < kLevels; ++level) {
        if (current_ % (std::uint64_t{1} << (kBits * level)) != 0) break;
        Timer*& slot = slots_[level][static_cast<unsigned>(current_ >> (kBits * level)) % kSlots];
        Timer* list = slot;
        slot = nullptr;
        while (list != nullptr) {
            Timer& timer = *list;
            list = timer.next_;
            place(timer);
        }
    }
}

std::optional<unsigned> TimerWheel::first_occupied(unsigned level, unsigned from) const {
    for (unsigned distance = 0; distance < kSlots;) {
        const unsigned slot = (from + distance) % kSlots;
        std::uint64_t& word = occupied_[level][slot / 64];
        const std::uint64_t rest = word >> (slot % 64);
        if (rest == 0) {
            distance += 64 - slot % 64;
            continue;
        }
        distance += static_cast<unsigned>(std::countr_zero(rest));
        if (distance >= kSlots) break;
        const unsigned found = (from + distance) % kSlots;
        if (slots_[level][found] != nullptr) return distance;
        word &= ~(std::uint64_t{1} << (found % 64));  // stale
    }
    return std::nullopt;
}

std::uint64_t TimerWheel::next_event(std::uint64_t limit) const {
    std::uint64_t next = limit;
    if (const auto distance = first_occupied(0, static_cast<unsigned>(current_ % kSlots)))
        next = std::min(next, current_ + *distance);
    for (unsigned level = 1; level < kLevels; ++level) {
        const std::uint64_t block = current_ >> (kBits * level);
        // The current block has been entered, so its slot holds timers of one turn later.
        const auto distance = first_occupied(level, static_cast<unsigned>((block + 1) % kSlots));
        if (distance) next = std::min(next, (block + 1 + *distance) << (kBits * level));
    }
    return next;
}

std::size_t TimerWheel::advance(TimePoint now, std::size_t budget) {
    const std::uint64_t end = now < start_ ? 0 : static_cast<std::uint64_t>((now - start_) / tick_) + 1;
    std::size_t ran = 0;
    for (;;) {
        while (running_ != nullptr && ran < budget) {
            Timer& timer = *running_;
            timer.cancel();
            ++ran;
            timer.expired_(timer);
        }
        if (running_ != nullptr || current_ >= end) return ran;

        current_ = next_event(end);
        // A block boundary that is reached has its coarser slots moved down before its ticks run.
        if (current_ % kSlots == 0) enter_block();
        if (current_ >= end) return ran;
        Timer*& slot = slots_[0][current_ % kSlots];
        running_ = slot;
        if (running_ != nullptr) running_->link_ = &running_;
        slot = nullptr;
        ++current_;
        if (current_ % kSlots == 0) enter_block();
    }
}

std::optional<TimePoint> TimerWheel::next_due() const {
    if (running_ != nullptr) return time_of(current_ == 0 ? 0 : current_ - 1);
    if (size_ == 0) return std::nullopt;
    constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t next = next_event(kNever);
    if (next == kNever) return std::nullopt;
    return time_of(next);
}

}  // namespace viaduct
