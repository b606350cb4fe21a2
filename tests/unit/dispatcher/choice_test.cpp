// In which order the destinations of a set are tried.
// SPDX-License-Identifier: Apache-2.0
#include "modules/dispatcher/choice.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "modules/dispatcher/spread.hpp"

using namespace viaduct::dispatcher;

namespace {

struct Gateways {
    explicit Gateways(const std::vector<std::string>& attributes) {
        for (std::size_t i = 0; i < attributes.size(); ++i) {
            all.push_back(*Destination::read({.set = 1,
                                              .destination = "sip:gw" + std::to_string(i) + ".example.test",
                                              .attributes = attributes[i]}));
        }
    }
    std::vector<int> order(Algorithm algorithm, std::uint64_t number, int without = -1) const {
        std::vector<const Destination*> candidates;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (static_cast<int>(i) != without) candidates.push_back(&all[i]);
        }
        std::vector<int> numbers;
        for (const Destination* one : in_order(algorithm, candidates, number))
            numbers.push_back(static_cast<int>(one - all.data()));
        return numbers;
    }
    std::vector<Destination> all;
};

}  // namespace

TEST_CASE("every algorithm has its name, and nothing else is one") {
    for (const char* name : {"priority", "round_robin", "weight", "random", "hash_call_id", "hash_from", "hash_to",
                             "hash_request_user", "hash"}) {
        CHECK(algorithm_from_text(name));
    }
    CHECK(algorithm_from_text("weight") == Algorithm::weight);
    CHECK_FALSE(algorithm_from_text("4"));
    CHECK_FALSE(algorithm_from_text(""));
}

TEST_CASE("by priority the table's order stays; in turns each begins once in a round and the next follows") {
    const Gateways three{{"", "", ""}};
    CHECK(three.order(Algorithm::priority, 7) == std::vector<int>{0, 1, 2});
    CHECK(three.order(Algorithm::round_robin, 0) == std::vector<int>{0, 1, 2});
    CHECK(three.order(Algorithm::round_robin, 1) == std::vector<int>{1, 2, 0});
    CHECK(three.order(Algorithm::round_robin, 5) == std::vector<int>{2, 0, 1});
}

TEST_CASE("weights divide the calls in proportion, evenly over short stretches; who has none is the last to be tried") {
    const Gateways four{{"weight=50", "duid=x;weight=30", "rweight=20", ""}};
    std::map<int, int> begins;
    for (std::uint64_t turn = 0; turn < 100; ++turn) {
        const auto order = four.order(Algorithm::weight, turn);
        ++begins[order.front()];
        REQUIRE(order.size() == 4);
        CHECK(order.back() == 3);
    }
    CHECK(begins[0] == Approx(50).margin(2));
    CHECK(begins[1] == Approx(30).margin(2));
    CHECK(begins[2] == Approx(20).margin(2));
    CHECK(begins[3] == 0);
}

TEST_CASE(
    "what a dead destination would have had goes to the others by their weights, as its calls' second choice too") {
    const Gateways three{{"weight=60", "weight=30", "weight=10"}};
    std::map<int, int> begins, seconds;
    for (std::uint64_t turn = 0; turn < 4000; ++turn) {
        ++begins[three.order(Algorithm::weight, turn, 0).front()];
        const auto order = three.order(Algorithm::weight, turn);
        if (order.front() == 0) ++seconds[order[1]];
    }
    CHECK(begins[1] == Approx(3000).margin(30));
    CHECK(begins[2] == Approx(1000).margin(30));
    CHECK(seconds[1] == Approx(1800).margin(120));
    CHECK(seconds[2] == Approx(600).margin(120));
}

TEST_CASE("without any weight all are alike") {
    const Gateways two{{"", ""}};
    std::map<int, int> begins;
    for (std::uint64_t turn = 0; turn < 1000; ++turn) ++begins[two.order(Algorithm::weight, turn).front()];
    CHECK(begins[0] == Approx(500).margin(10));
}

TEST_CASE("a hash gives a text always the same order, spreads texts evenly, and moves only those of who drops out") {
    const Gateways five{{"", "", "", "", ""}};
    std::map<int, int> begins, inherited;
    for (int call = 0; call < 5000; ++call) {
        const auto number = hash_of("call-" + std::to_string(call) + "@example.test");
        const auto order = five.order(Algorithm::hash_call_id, number);
        ++begins[order.front()];
        CHECK(order == five.order(Algorithm::hash_call_id, number));
        const auto without = five.order(Algorithm::hash_call_id, number, 2);
        if (order.front() == 2) {
            ++inherited[without.front()];
            CHECK(without.front() == order[1]);
        } else if (without.front() != order.front()) {
            FAIL("a call moved though its destination stayed");
        }
    }
    for (int i = 0; i < 5; ++i) CHECK(begins[i] == Approx(1000).margin(120));
    CHECK(inherited.size() == 4);
}

TEST_CASE("the order of a hash is the same on every machine and in every version: several servers choose alike") {
    const Gateways three{{"", "", ""}};
    CHECK(hash_of("") == 0xff28020ccc8edf8eU);  // these were computed apart
    CHECK(three.order(Algorithm::hash, hash_of("alice")) == std::vector<int>{1, 2, 0});
    CHECK(three.order(Algorithm::hash_from, hash_of("bob")) == std::vector<int>{2, 0, 1});
    CHECK(three.order(Algorithm::hash_to, hash_of("carol")) == std::vector<int>{0, 2, 1});
}
