// spread: numbers that look like chance and are not: a hash of texts and a mix of numbers, the same everywhere and in
// every version, because several servers must choose alike.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace viaduct::dispatcher {

// Every bit of the result depends on every bit of `x`; different numbers give different results. (The steps invert one
// another's weaknesses: odd factors move influence up, shifts move it down.)
constexpr std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93U;
    x = (x ^ (x >> 29)) * 0xd6e8feb86659fd93U;
    return x ^ (x >> 32);
}

// FNV-1a, mixed.
constexpr std::uint64_t hash_of(std::string_view text) {
    std::uint64_t h = 0xcbf29ce484222325U;
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return mixed(h);
}

// 0 up to 1.
constexpr double fraction(std::uint64_t x) { return static_cast<double>(x >> 11) * 0x1p-53; }

}  // namespace viaduct::dispatcher
