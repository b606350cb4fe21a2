// ping_scheduler_test: who is pinged when, and who is given up.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <map>

#include "modules/nat/ping_scheduler.hpp"

using namespace viaduct;
using namespace viaduct::nat;

namespace {

const TimePoint kStart{std::chrono::hours{1}};

std::vector<PingTarget> targets(int count) {
    std::vector<PingTarget> all;
    for (int i = 0; i < count; ++i) all.push_back({"id" + std::to_string(i), "sip:u" + std::to_string(i) + "@x"});
    return all;
}

// Pings everything due, each answered at once, second by second; how often each was pinged, how many in each second.
struct Run {
    Run(PingScheduler& scheduler, TimePoint from, int seconds) {
        for (int second = 1; second <= seconds; ++second) {
            const TimePoint now = from + std::chrono::seconds{second};
            const auto due = scheduler.take_due(now);
            most_in_a_second = std::max(most_in_a_second, due.size());
            for (const auto& target : due) {
                ++times[target.binding_id];
                scheduler.finished(target.binding_id, true, now);
            }
        }
    }
    std::map<std::string, int> times;
    std::size_t most_in_a_second = 0;
};

}  // namespace

TEST_CASE("every binding is pinged once in each interval, spread evenly") {
    PingScheduler scheduler{{.interval = 30s}};
    scheduler.update(targets(3000), kStart);
    const Run run{scheduler, kStart, 90};
    REQUIRE(run.times.size() == 3000);
    for (const auto& [id, times] : run.times) CHECK(times == 3);
    CHECK(run.most_in_a_second < 150);  // 100 on average
}

TEST_CASE("an update keeps the phase of those that stay and drops the others") {
    PingScheduler scheduler{{.interval = 30s}};
    scheduler.update(targets(100), kStart);
    for (int i = 1; i <= 6; ++i) scheduler.update(targets(50), kStart + i * 5s);
    CHECK(scheduler.size() == 50);
    CHECK(scheduler.take_due(kStart + 30s).size() == 50);
}

TEST_CASE("only so many pings wait for an answer at once; the others follow") {
    PingScheduler scheduler{{.interval = 30s, .most_in_flight = 10}};
    scheduler.update(targets(25), kStart);
    const TimePoint now = kStart + 30s;
    auto first = scheduler.take_due(now);
    CHECK(first.size() == 10);
    CHECK(scheduler.take_due(now).empty());
    CHECK_FALSE(scheduler.next_due());
    for (int i = 0; i < 4; ++i) scheduler.finished(first[i].binding_id, true, now);
    CHECK(scheduler.next_due());
    CHECK(scheduler.take_due(now).size() == 4);
    CHECK(scheduler.in_flight() == 10);
}

TEST_CASE("three failures in a row remove a binding, an answer in between starts the count again") {
    PingScheduler scheduler{{.interval = 30s, .failures_before_removal = 3}};
    scheduler.update(targets(1), kStart);
    TimePoint now = kStart;
    const auto ping = [&](bool alive) {
        now += 30s;
        REQUIRE(scheduler.take_due(now).size() == 1);
        return scheduler.finished("id0", alive, now);
    };
    CHECK_FALSE(ping(false));
    CHECK_FALSE(ping(false));
    CHECK_FALSE(ping(true));
    CHECK_FALSE(ping(false));
    CHECK_FALSE(ping(false));
    CHECK(ping(false));
    CHECK(scheduler.size() == 0);
    CHECK_FALSE(scheduler.next_due());
}

TEST_CASE("with removal off a dead binding is pinged for ever") {
    PingScheduler scheduler{{.interval = 30s, .failures_before_removal = 0}};
    scheduler.update(targets(1), kStart);
    for (int i = 1; i <= 20; ++i) {
        REQUIRE(scheduler.take_due(kStart + i * 30s).size() == 1);
        CHECK_FALSE(scheduler.finished("id0", false, kStart + i * 30s));
    }
}

TEST_CASE("a ping that takes longer than the interval is not followed by a burst") {
    PingScheduler scheduler{{.interval = 30s}};
    scheduler.update(targets(1), kStart);
    const TimePoint due = *scheduler.next_due();
    REQUIRE(scheduler.take_due(due).size() == 1);
    CHECK(scheduler.take_due(due + 95s).empty());
    scheduler.finished("id0", true, due + 95s);
    CHECK(scheduler.next_due() == due + 120s);
}

TEST_CASE("the answer for a binding dropped meanwhile changes nothing") {
    PingScheduler scheduler{{.interval = 30s, .failures_before_removal = 1}};
    scheduler.update(targets(1), kStart);
    REQUIRE(scheduler.take_due(kStart + 30s).size() == 1);
    scheduler.update({}, kStart + 31s);
    CHECK(scheduler.in_flight() == 0);
    CHECK_FALSE(scheduler.finished("id0", false, kStart + 32s));
    CHECK_FALSE(scheduler.finished("stranger", false, kStart + 32s));
}
