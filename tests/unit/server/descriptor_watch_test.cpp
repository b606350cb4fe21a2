// A module's own descriptor on a worker: DescriptorWatch of the real loop and of the simulated one.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include "server/real_environment.hpp"
#include "support/manual_workers.hpp"

namespace viaduct::server {

namespace {

struct Pair {
    Pair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0); }
    ~Pair() {
        close_peer();
        ::close(ends[0]);
    }
    void close_peer() {
        if (ends[1] >= 0) ::close(ends[1]);
        ends[1] = -1;
    }
    void send() { REQUIRE(::write(ends[1], "x", 1) == 1); }
    void read() {
        char byte = 0;
        REQUIRE(::read(ends[0], &byte, 1) == 1);
    }
    std::array<int, 2> ends{-1, -1};
};

using Seen = std::vector<std::pair<bool, bool>>;

}  // namespace

TEST_CASE("a worker's loop says when a module's descriptor can be written, read, and that its peer is gone") {
    RealEnvironment environment{{}};
    environment.prepare(1);
    WorkerPool pool{environment, 1};
    Pair pair;
    Seen seen;
    std::unique_ptr<DescriptorWatch> watch;
    Registration give_up;
    environment.run(pool, [&](unsigned) {
        give_up = pool.after(5s, [&] { environment.stop(); });
        watch = pool.watch(pair.ends[0]);
        watch->wait(true, true, [&](bool readable, bool writable) {
            seen.emplace_back(readable, writable);  // empty and connected: only writable
            pair.send();
            watch->wait(true, false, [&](bool r, bool w) {
                seen.emplace_back(r, w);
                pair.read();
                watch->wait(true, false, [&](bool gone, bool) {
                    seen.emplace_back(gone, false);
                    environment.stop();
                });
                pair.close_peer();
            });
        });
    });
    watch.reset();
    CHECK(seen == Seen{{false, true}, {true, false}, {true, false}});
}

TEST_CASE("what is readable when asked is told, however often somebody asks, and a destroyed watch is silent") {
    test::ManualWorkers workers;
    Pair pair;
    pair.send();
    Seen seen;
    auto watch = workers.watch(pair.ends[0]);
    for (int i = 0; i < 2; ++i) {
        watch->wait(true, false, [&](bool readable, bool writable) { seen.emplace_back(readable, writable); });
        CHECK(seen.size() == static_cast<std::size_t>(i));  // never inside the call
        workers.run();
    }
    CHECK(seen == Seen{{true, false}, {true, false}});
    watch->wait(true, false, [&](bool, bool) { FAIL("its watch is gone"); });
    watch.reset();
    workers.run();
}

}  // namespace viaduct::server
