// port_pool: pairs of media ports (RFC 3550 section 11).
// SPDX-License-Identifier: Apache-2.0
#include "modules/media_relay/relay/port_pool.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace viaduct;
using namespace viaduct::media_relay;

TEST_CASE("ports are even, in the range with the odd one above, and each is given once") {
    const TimePoint now{1h};
    PortPool pool{30001, 30021, 10s};
    CHECK(pool.size() == 10);
    std::set<std::uint16_t> taken;
    while (const auto port = pool.take(now)) {
        CHECK(*port % 2 == 0);
        CHECK(*port >= 30001);
        CHECK(*port + 1 <= 30021);
        CHECK(taken.insert(*port).second);
    }
    CHECK(taken.size() == 10);
    CHECK(pool.in_use() == 10);
}

TEST_CASE("a port given back rests before it is used again") {
    const TimePoint now{1h};
    PortPool pool{30000, 30001, 10s};
    const auto port = pool.take(now);
    REQUIRE(port);
    pool.give_back(*port, now);
    CHECK(pool.in_use() == 0);
    CHECK_FALSE(pool.take(now + 9s));
    CHECK(pool.take(now + 10s) == port);
}

TEST_CASE("ports come in no order that a stranger could guess") {
    const TimePoint now{1h};
    PortPool pool{20000, 39999, 10s};
    unsigned follow = 0;
    auto before = *pool.take(now);
    for (int i = 0; i < 1000; ++i) {
        const auto port = *pool.take(now);
        follow += port == before + 2 ? 1 : 0;
        before = port;
    }
    CHECK(follow < 20);
}

TEST_CASE("the last port of all does not overflow") {
    const TimePoint now{1h};
    PortPool pool{65530, 65535, 0s};
    CHECK(pool.size() == 3);
    CHECK(pool.take(now));
}
