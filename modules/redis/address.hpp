// address: where Redis listens.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace viaduct::redis {

struct Address {
    std::string host;  // a name or an address; "" with a socket
    unsigned port = 6379;
    std::string socket;  // path of a unix socket, or ""

    bool operator==(const Address&) const = default;
    bool is_name() const;  // `host` must be looked up
    std::string text() const;
};

// "redis1", "redis1:6380", "192.0.2.7", "[2001:db8::1]:6379", "/run/redis/redis.sock", "unix:/run/redis/redis.sock"
std::optional<Address> parse_address(std::string_view text);

}  // namespace viaduct::redis
