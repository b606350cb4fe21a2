// nonces_test: nonces that prove themselves, and the bounded memory of their use.
// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "modules/auth/nonce_counts.hpp"
#include "modules/auth/nonces.hpp"

using namespace viaduct;
using namespace viaduct::auth;

namespace {

const WallTime kNow{std::chrono::seconds{1'700'000'000}};
const MacKey kKey{"secret of this server"};

NonceId issued_at(WallTime time, std::uint64_t number) {
    return {static_cast<std::uint32_t>(time.time_since_epoch().count()), number};
}

}  // namespace

TEST_CASE("a nonce is valid for its lifetime and says when it was issued") {
    const Nonces nonces{kKey, 5min};
    const auto nonce = nonces.make("example.test", kNow, 0xfedcba9876543210);
    CHECK(nonces.check(nonce, "example.test", kNow).state == NonceState::valid);
    CHECK(nonces.check(nonce, "example.test", kNow + 300s).state == NonceState::valid);
    CHECK(nonces.check(nonce, "example.test", kNow + 301s).state == NonceState::expired);
    CHECK(nonces.check(nonce, "example.test", kNow).id == issued_at(kNow, 0xfedcba9876543210));
}

TEST_CASE("a nonce of another secret or realm, or a changed one, is foreign") {
    const Nonces nonces{kKey, 5min}, other{MacKey{"another"}, 5min};
    auto nonce = nonces.make("example.test", kNow, 1);
    CHECK(other.check(nonce, "example.test", kNow).state == NonceState::foreign);
    CHECK(nonces.check(nonce, "other.test", kNow).state == NonceState::foreign);
    for (std::size_t i = 0; i < nonce.size(); ++i) {
        auto changed = nonce;
        changed[i] = changed[i] == '0' ? '1' : '0';
        CHECK(nonces.check(changed, "example.test", kNow).state == NonceState::foreign);
    }
    CHECK(nonces.check("", "example.test", kNow).state == NonceState::foreign);
    CHECK(nonces.check(nonce + "0", "example.test", kNow).state == NonceState::foreign);
}

TEST_CASE("a nonce from far in the future is not valid, one of a node with a fast clock is") {
    const Nonces nonces{kKey, 5min};
    CHECK(nonces.check(nonces.make("r", kNow + 20s, 1), "r", kNow).state == NonceState::valid);
    CHECK(nonces.check(nonces.make("r", kNow + 90s, 1), "r", kNow).state == NonceState::expired);
}

TEST_CASE("each nonce count is good once") {
    NonceCounts counts{1000, 5min};
    const auto nonce = issued_at(kNow, 7);
    CHECK(counts.use(nonce, 1, kNow) == NonceUse::first);
    CHECK(counts.use(nonce, 1, kNow) == NonceUse::repeated);
    CHECK(counts.use(nonce, 2, kNow) == NonceUse::first);
    CHECK(counts.use(nonce, 2, kNow) == NonceUse::repeated);
    CHECK(counts.use(nonce, 1, kNow) == NonceUse::repeated);
}

TEST_CASE("requests that overtake one another are let in, each once, up to 64 counts behind") {
    NonceCounts counts{1000, 5min};
    const auto nonce = issued_at(kNow, 7);
    CHECK(counts.use(nonce, 100, kNow) == NonceUse::first);
    CHECK(counts.use(nonce, 98, kNow) == NonceUse::first);
    CHECK(counts.use(nonce, 99, kNow) == NonceUse::first);
    CHECK(counts.use(nonce, 98, kNow) == NonceUse::repeated);
    CHECK(counts.use(nonce, 37, kNow) == NonceUse::first);
    CHECK(counts.use(nonce, 36, kNow) == NonceUse::repeated);  // too far behind to know
    CHECK(counts.use(nonce, 0xffffffff, kNow) == NonceUse::first);
    CHECK(counts.use(nonce, 100, kNow) == NonceUse::repeated);
}

TEST_CASE("a forgotten nonce leads to a new challenge, never to acceptance") {
    NonceCounts counts{16, 5min};  // one for each shard
    std::vector<NonceId> used;
    for (std::uint64_t number = 0; number < 200; ++number) {
        used.push_back(issued_at(kNow + std::chrono::seconds{number}, number));
        REQUIRE(counts.use(used.back(), 1, kNow + std::chrono::seconds{number}) == NonceUse::first);
    }
    CHECK(counts.size() <= 16);
    for (const NonceId& nonce : used) CHECK(counts.use(nonce, 1, kNow + 200s) != NonceUse::first);
    CHECK(counts.use(used.front(), 2, kNow + 200s) == NonceUse::forgotten);
}

TEST_CASE("expired nonces make room, and stay refused when the clock is set back") {
    NonceCounts counts{160000, 5min};
    for (std::uint64_t number = 0; number < 1000; ++number) counts.use(issued_at(kNow, number), 1, kNow);
    CHECK(counts.size() == 1000);
    const WallTime later = kNow + 10min;
    for (std::uint64_t number = 5000; number < 5200; ++number) counts.use(issued_at(later, number), 1, later);
    CHECK(counts.size() == 200);
    CHECK(counts.use(issued_at(kNow, 3), 1, kNow + 1s) == NonceUse::forgotten);
}

TEST_CASE("however many workers see the same count at once, one lets it in") {
    NonceCounts counts{100000, 5min};
    std::atomic<int> let_in{0};
    {
        std::vector<std::jthread> workers;
        for (int worker = 0; worker < 4; ++worker) {
            workers.emplace_back([&] {
                for (std::uint64_t number = 0; number < 500; ++number) {
                    for (std::uint32_t count = 1; count <= 3; ++count) {
                        let_in += counts.use(issued_at(kNow, number), count, kNow) == NonceUse::first;
                    }
                }
            });
        }
    }
    CHECK(let_in == 1500);
}
