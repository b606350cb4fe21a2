// RFC 2782: how targets of one priority share the load.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "transport/srv_order.hpp"

using namespace viaduct;
using namespace viaduct::transport;

TEST_CASE("lower priorities come first whatever the weights", "[RFC 2782]") {
    RandomUpTo highest = [](std::uint32_t most) { return most; };
    const auto order =
        order_srv({{20, 100, 5060, "c"}, {10, 0, 5060, "a"}, {10, 1, 5060, "b"}, {5, 0, 0, ""}}, highest);
    REQUIRE(order.size() == 3);  // the root is no target
    CHECK(order[0].target == "b");
    CHECK(order[1].target == "a");
    CHECK(order[2].target == "c");
}

TEST_CASE("within a priority the first target is drawn in proportion to the weights", "[RFC 2782]") {
    std::mt19937 engine{7};
    RandomUpTo random = [&](std::uint32_t most) {
        return std::uniform_int_distribution<std::uint32_t>{0, most}(engine);
    };
    std::map<std::string, int> first;
    for (int i = 0; i < 4000; ++i)
        ++first[order_srv({{1, 75, 1, "a"}, {1, 25, 1, "b"}, {1, 0, 1, "never"}}, random)[0].target];
    CHECK(first["a"] > 2800);
    CHECK(first["a"] < 3200);
    CHECK(first["never"] > 0);  // a small chance, so that it is not starved
    CHECK(first["never"] < 120);
}
