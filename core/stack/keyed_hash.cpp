// keyed_hash: see keyed_hash.hpp. Aumasson and Bernstein, "SipHash: a fast short-input PRF", with one round per word
// and three at the end.
// SPDX-License-Identifier: Apache-2.0
#include "stack/keyed_hash.hpp"

#include <bit>
#include <cstring>

namespace viaduct::stack {
namespace {

struct Lanes {
    std::uint64_t v0, v1, v2, v3;

    void round() {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
    void absorb(std::uint64_t word) {
        v3 ^= word;
        round();
        v0 ^= word;
    }
};

// The configuration has one number; SipHash wants two.
std::uint64_t spread(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

}  // namespace

KeyedHash::KeyedHash(std::uint64_t secret) : key0_{spread(secret)}, key1_{spread(~secret)} {}

std::uint64_t KeyedHash::operator()(std::string_view text) const {
    Lanes lanes{key0_ ^ 0x736f6d6570736575, key1_ ^ 0x646f72616e646f6d, key0_ ^ 0x6c7967656e657261,
                key1_ ^ 0x7465646279746573};
    const char* at = text.data();
    std::size_t left = text.size();
    std::uint64_t word = 0;
    for (; left >= sizeof word; at += sizeof word, left -= sizeof word) {
        std::memcpy(&word, at, sizeof word);
        lanes.absorb(word);
    }
    word = 0;
    if (left != 0) std::memcpy(&word, at, left);
    lanes.absorb(word | std::uint64_t{text.size()} << 56);
    lanes.v2 ^= 0xff;
    for (int i = 0; i < 3; ++i) lanes.round();
    return lanes.v0 ^ lanes.v1 ^ lanes.v2 ^ lanes.v3;
}

}  // namespace viaduct::stack
