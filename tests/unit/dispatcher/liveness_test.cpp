// When a destination is probed, and what answers and silence make of it.
// SPDX-License-Identifier: Apache-2.0
#include "modules/dispatcher/liveness.hpp"

#include <catch2/catch.hpp>

using namespace viaduct;
using namespace viaduct::dispatcher;

namespace {

constexpr TimePoint kStart{std::chrono::hours{1}};

struct Bench {
    explicit Bench(const ProbeRules& rules = {}, Availability begins = Availability::active, bool probed = true)
        : liveness{rules, begins, probed, 0.0} {}
    // Lets so many seconds pass, one after the other; probes sent meanwhile are answered as said, or not at all.
    void pass(int seconds, std::optional<bool> answer) {
        for (int i = 0; i < seconds; ++i) {
            now += 1s;
            const auto probe = liveness.turn(now);
            if (!probe) continue;
            ++probes;
            if (answer) liveness.answered(*probe, *answer, now);
        }
    }
    Availability state() const { return liveness.availability(); }

    Liveness liveness;
    TimePoint now = kStart;
    int probes = 0;
};

}  // namespace

TEST_CASE("a destination is probed once in every interval, at its own phase") {
    Liveness liveness{{.interval = 10s}, Availability::active, true, 0.35};
    std::vector<long> sent;
    for (int i = 0; i < 40; ++i) {
        const TimePoint now = kStart + i * 1s;
        if (const auto probe = liveness.turn(now)) {
            sent.push_back(i);
            liveness.answered(*probe, true, now);
        }
    }
    CHECK(sent == std::vector<long>{4, 14, 24, 34});
}

TEST_CASE("silence makes a destination trying, which takes calls, and then inactive; an answer makes it active") {
    Bench bench{{.interval = 10s, .patience = 4s, .failures = 2, .successes = 1}};
    bench.pass(5, std::nullopt);  // sent in the 1st second, over in the 5th
    CHECK(bench.state() == Availability::trying);
    CHECK(takes_calls(bench.state()));
    bench.pass(9, std::nullopt);
    CHECK(bench.state() == Availability::trying);
    bench.pass(1, std::nullopt);
    CHECK(bench.state() == Availability::inactive);
    CHECK_FALSE(takes_calls(bench.state()));
    CHECK(bench.liveness.since() == bench.now);
    bench.pass(6, true);
    CHECK(bench.state() == Availability::active);
    CHECK(bench.liveness.failures() == 0);
}

TEST_CASE("an answer that shows a fault is a failed probe at once") {
    Bench bench{{.failures = 1}};
    bench.pass(1, false);
    CHECK(bench.state() == Availability::inactive);
}

TEST_CASE("one answer among failures begins the count anew") {
    Bench bench{{.interval = 1s, .failures = 3}};
    bench.pass(2, false);
    bench.pass(1, true);
    CHECK(bench.state() == Availability::active);
    bench.pass(2, false);
    CHECK(bench.state() == Availability::trying);
    bench.pass(1, false);
    CHECK(bench.state() == Availability::inactive);
}

TEST_CASE("several answers in a row are needed where the operator says so") {
    Bench bench{{.interval = 1s, .failures = 1, .successes = 3}};
    bench.pass(1, false);
    bench.pass(2, true);
    CHECK(bench.state() == Availability::inactive);
    bench.pass(1, false);
    bench.pass(2, true);
    CHECK(bench.state() == Availability::inactive);
    bench.pass(1, true);
    CHECK(bench.state() == Availability::active);
}

TEST_CASE("an answer after the patience, or to a probe from before a command, says nothing") {
    Bench bench{{.interval = 10s, .patience = 4s, .failures = 1}};
    bench.now += 1s;
    const auto probe = bench.liveness.turn(bench.now);
    REQUIRE(probe);
    bench.pass(5, std::nullopt);
    REQUIRE(bench.state() == Availability::inactive);
    CHECK_FALSE(bench.liveness.answered(*probe, true, bench.now));
    CHECK(bench.state() == Availability::inactive);

    bench.pass(4, std::nullopt);
    const auto next = bench.liveness.turn(bench.now + 1s);
    REQUIRE(next);
    bench.liveness.set(Availability::inactive, bench.now);
    CHECK_FALSE(bench.liveness.answered(*next, true, bench.now));
    CHECK(bench.state() == Availability::inactive);
}

TEST_CASE("disabled is not probed and ends by command only") {
    Bench bench{{.interval = 1s}};
    bench.liveness.set(Availability::disabled, bench.now);
    bench.pass(60, true);
    CHECK(bench.probes == 0);
    CHECK(bench.state() == Availability::disabled);
    bench.liveness.set(Availability::active, bench.now);
    bench.pass(5, true);
    CHECK(bench.probes == 5);
}

TEST_CASE("inactive by command ends with the next answered probe") {
    Bench bench{{.interval = 10s}};
    bench.pass(1, true);
    bench.liveness.set(Availability::inactive, bench.now);
    bench.pass(9, true);
    CHECK(bench.state() == Availability::inactive);
    bench.pass(1, true);
    CHECK(bench.state() == Availability::active);
}

TEST_CASE("what the script saw counts as a failed probe, but not where no probe would bring the destination back") {
    Bench bench{{.failures = 2}};
    bench.liveness.failed(bench.now);
    CHECK(bench.state() == Availability::trying);
    bench.liveness.failed(bench.now);
    CHECK(bench.state() == Availability::inactive);

    Bench unprobed{{.failures = 1}, Availability::active, false};
    unprobed.liveness.failed(unprobed.now);
    CHECK(unprobed.state() == Availability::active);
    Bench never{{.interval = Duration::zero(), .failures = 1}};
    never.liveness.failed(never.now);
    never.pass(60, true);
    CHECK(never.state() == Availability::active);
    CHECK(never.probes == 0);
}

TEST_CASE("a server that slept sends one probe, not all it missed") {
    Bench bench{{.interval = 10s}};
    bench.pass(1, true);
    bench.now += std::chrono::hours{1};
    bench.pass(9, true);
    CHECK(bench.probes == 2);
}
