// keyed_hash: SipHash-1-3 under this server's secret.
//
// For everything whose input a stranger chooses: the transaction index (branch values made to collide must not find
// each other), tags and branch values that nobody can foretell. A value; any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace viaduct::stack {

class KeyedHash {
public:
    explicit KeyedHash(std::uint64_t secret);
    std::uint64_t operator()(std::string_view text) const;

private:
    std::uint64_t key0_, key1_;
};

}  // namespace viaduct::stack
