// The machine's event loops: fair to turns, and honest about load.
// SPDX-License-Identifier: Apache-2.0
#include "server/real_environment.hpp"

#include <chrono>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

namespace viaduct::server {

namespace {

using std::chrono::steady_clock;

// Work of the loop that is always ready again, as a socket is that fills faster than it is read.
struct Flood {
    void next() {
        if (over || steady_clock::now() > end) return;
        boost::asio::post(context, [this] { next(); });
    }
    boost::asio::io_context& context;
    steady_clock::time_point end = steady_clock::now() + 2s;
    bool over = false;
};

struct Load final : WorkerTask {
    void on_delivery(Delivery) override {}
    void on_turn_end() override {}
    void on_overload(bool now) override { overloaded = overloaded || now; }
    bool overloaded = false;
};

}  // namespace

TEST_CASE("timers, posted work and the watch on overload go on while a worker's sockets are never empty") {
    RealEnvironment environment{{}};
    environment.prepare(1);
    WorkerPool pool{environment, 1};
    pool.set_overload_after(50ms);
    Load load;
    pool.set_task(0, &load);
    Flood flood{environment.loop(0)};
    Registration timer;
    bool timer_ran = false, posted_ran = false, in_time = false;
    environment.run(pool, [&](unsigned) {
        flood.next();
        pool.post(0, [&] { posted_ran = true; });
        timer = pool.after(200ms, [&] {
            timer_ran = true;
            in_time = steady_clock::now() < flood.end;
            flood.over = true;
            environment.stop();
        });
    });
    CHECK(posted_ran);
    CHECK(timer_ran);
    CHECK(in_time);
    CHECK(load.overloaded);
}

TEST_CASE("what an idle worker posts to itself, from posted work and from timers, runs without waiting for a wake-up") {
    RealEnvironment environment{{}};
    environment.prepare(1);
    WorkerPool pool{environment, 1};
    unsigned left = 100;
    Registration timer, give_up;
    UniqueFunction<void()> next;
    next = [&] {
        if (left-- == 0) return environment.stop();
        if (left % 2 == 0) return pool.post(0, [&] { next(); });
        timer = pool.after(1ms, [&] { pool.post(0, [&] { next(); }); });
    };
    const auto began = steady_clock::now();
    environment.run(pool, [&](unsigned) {
        give_up = pool.after(20s, [&] { environment.stop(); });
        pool.post(0, [&] { next(); });
    });
    CHECK(steady_clock::now() - began < 10s);  // one lost wake-up is a second
}

}  // namespace viaduct::server
