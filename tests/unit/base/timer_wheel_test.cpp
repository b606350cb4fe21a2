// SPDX-License-Identifier: Apache-2.0
#include "base/timer_wheel.hpp"

#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

using namespace viaduct;

namespace {

struct Recorder : Timer {
    Recorder() : Timer{[](Timer& timer) { ++static_cast<Recorder&>(timer).runs; }} {}
    int runs = 0;
};

const TimePoint kStart{std::chrono::hours{5}};

}  // namespace

TEST_CASE("a timer runs once, at the tick after its due time and never before") {
    TimerWheel wheel{kStart, 10ms};
    Recorder timer;
    wheel.arm(timer, kStart + 15ms);
    CHECK(wheel.next_due() == kStart + 20ms);
    CHECK(wheel.advance(kStart + 19ms) == 0);
    CHECK(wheel.advance(kStart + 20ms) == 1);
    CHECK(wheel.advance(kStart + 1h) == 0);
    CHECK(timer.runs == 1);
    CHECK_FALSE(timer.armed());
}

TEST_CASE("a destroyed or cancelled timer does not run, and re-arming moves it") {
    TimerWheel wheel{kStart, 10ms};
    Recorder kept;
    {
        Recorder gone;
        wheel.arm(gone, kStart + 1s);
    }
    wheel.arm(kept, kStart + 1s);
    wheel.arm(kept, kStart + 3s);
    CHECK(wheel.size() == 1);
    CHECK(wheel.advance(kStart + 2s) == 0);
    kept.cancel();
    CHECK(wheel.size() == 0);
    CHECK_FALSE(wheel.next_due());
    CHECK(wheel.advance(kStart + 4s) == 0);
}

TEST_CASE("advance stops at its budget and says that more is due") {
    TimerWheel wheel{kStart, 10ms};
    std::vector<std::unique_ptr<Recorder>> timers;
    for (int i = 0; i < 10; ++i) wheel.arm(*timers.emplace_back(std::make_unique<Recorder>()), kStart + 50ms);
    CHECK(wheel.advance(kStart + 60ms, 4) == 4);
    REQUIRE(wheel.next_due());
    CHECK(*wheel.next_due() <= kStart + 60ms);
    CHECK(wheel.advance(kStart + 60ms, 100) == 6);
}

TEST_CASE("a timer that arms itself for now runs in the next tick, not for ever in this one") {
    struct Again : Timer {
        explicit Again(TimerWheel& w)
            : Timer{[](Timer& t) {
                  auto& self = static_cast<Again&>(t);
                  ++self.runs;
                  self.wheel.arm(self, kStart);
              }},
              wheel{w} {}
        TimerWheel& wheel;
        int runs = 0;
    };
    TimerWheel wheel{kStart, 10ms};
    Again timer{wheel};
    wheel.arm(timer, kStart);
    CHECK(wheel.advance(kStart + 30ms) == 4);  // ticks 0 to 3
}

TEST_CASE("random timers of any distance run in order of their ticks, none early, none lost") {
    std::mt19937 random{7};
    TimerWheel wheel{kStart, 10ms};
    struct Due : Timer {
        Due()
            : Timer{[](Timer& t) {
                  auto& self = static_cast<Due&>(t);
                  self.ran_at = *self.now;
              }} {}
        TimePoint due, ran_at{};
        const TimePoint* now = nullptr;
    };
    TimePoint now = kStart;
    std::vector<std::unique_ptr<Due>> timers;
    std::uniform_int_distribution<int> exponent{0, 36};
    for (int round = 0; round < 40; ++round) {
        for (int i = 0; i < 50; ++i) {
            auto& timer = *timers.emplace_back(std::make_unique<Due>());
            timer.due =
                now + Duration{static_cast<std::int64_t>(random() % (std::uint64_t{1} << exponent(random))) * 1000};
            timer.now = &now;
            wheel.arm(timer, timer.due);
        }
        // As a loop does: sleep until next_due, or for a while.
        for (int step = 0; step < 30; ++step) {
            const auto next = wheel.next_due();
            REQUIRE(next);
            now = std::max(now, *next);
            wheel.advance(now);
        }
    }
    while (const auto next = wheel.next_due()) {
        now = std::max(now, *next);
        wheel.advance(now);
    }
    CHECK(wheel.size() == 0);
    for (const auto& timer : timers) {
        CHECK(timer->ran_at >= timer->due);
        CHECK(timer->ran_at - timer->due <= 10ms);
    }
}
