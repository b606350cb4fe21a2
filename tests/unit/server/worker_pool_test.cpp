// When a worker counts as overloaded, what time it thinks it is, and what comes first in its turn.
// SPDX-License-Identifier: Apache-2.0
#include "server/worker_pool.hpp"

#include <vector>

#include <catch2/catch.hpp>

namespace viaduct::server {

namespace {

// A clock turned by hand, and nothing else.
class Clock final : public Environment {
public:
    TimePoint now() const override { return time; }
    WallTime wall_now() const override { return {}; }
    std::int64_t wall_milliseconds() const override { return 0; }
    unsigned default_workers() const override { return 1; }
    void prepare(unsigned) override {}
    std::unique_ptr<transport::Network> make_network(unsigned, MetricsApi&) override { return nullptr; }
    std::unique_ptr<transport::DnsClient> make_dns_client(unsigned) override { return nullptr; }
    std::string hosts_file() const override { return {}; }
    std::unique_ptr<DescriptorWatch> watch_descriptor(unsigned, int) override { return nullptr; }
    void wake(unsigned) override {}
    OutstandingWork outstanding_work() override { return {}; }

    TimePoint time{TimePoint{} + 1h};
};

struct Load final : WorkerTask {
    void on_delivery(Delivery) override { ++delivered; }
    void on_turn_end() override {}
    void on_overload(bool overloaded) override { told.push_back(overloaded); }
    std::vector<bool> told;
    int delivered = 0;
};

struct Worker {
    Worker() {
        pool.set_overload_after(500ms);
        pool.set_task(0, &load);
    }
    // The loop after `passed`: a turn, then a look at what is ready.
    void turns_after(Duration passed, bool busy) {
        clock.time += passed;
        pool.turn(0);
        pool.note_load(0, busy);
    }

    Clock clock;
    WorkerPool pool{clock, 1};
    WorkerPool::Scope scope{pool, 0};
    Load load;
};

}  // namespace

TEST_CASE("a worker that is busy for too long without a pause is overloaded, until its next pause") {
    Worker worker;
    worker.turns_after(0ms, false);
    for (int i = 0; i < 6; ++i) worker.turns_after(100ms, true);
    CHECK(worker.load.told.empty());
    worker.turns_after(100ms, true);
    CHECK(worker.load.told == std::vector<bool>{true});
    worker.turns_after(100ms, false);
    CHECK(worker.load.told == std::vector<bool>{true, false});
}

TEST_CASE("a worker that waited for long and then finds two things to do is not overloaded") {
    Worker worker;
    worker.turns_after(0ms, false);
    worker.turns_after(1s, true);
    CHECK(worker.load.told.empty());
    worker.turns_after(1ms, false);
    worker.turns_after(10s, true);
    worker.turns_after(400ms, true);
    CHECK(worker.load.told.empty());
}

TEST_CASE("what arrives after a long wait is timed from when it arrived: no timer of its is early") {
    Worker worker;
    worker.turns_after(0ms, false);
    worker.pool.before_wait(0);
    worker.clock.time += 900ms;
    CHECK(worker.pool.now() == worker.clock.time);
    const TimePoint arrived = worker.pool.now();
    worker.clock.time += 1ms;
    CHECK(worker.pool.now() == arrived);  // one reading serves until the next wait or turn
}

TEST_CASE("what was handed over is heard before what was posted: a message before the end of its connection") {
    Worker worker;
    std::vector<Delivery> handed_over(2);
    int heard = -1;
    worker.pool.mailbox(0).deliver(handed_over);
    worker.pool.try_post(0, [&] { heard = worker.load.delivered; });
    worker.turns_after(0ms, true);
    CHECK(heard == 2);
}

}  // namespace viaduct::server
