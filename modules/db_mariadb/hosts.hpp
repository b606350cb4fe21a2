// hosts: where the database may be, in order of preference, and which of them to try now.
//
// A host that fails rests, each time twice as long; meanwhile the next one is asked. No I/O. Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/time.hpp>

namespace viaduct::db_mariadb {

struct Host {
    std::string name;  // or address; "" with a socket
    unsigned port = 3306;
    std::string socket;  // path of a unix socket, or ""

    bool operator==(const Host&) const = default;
    std::string text() const;
};

// "db1", "db1:3307", "[2001:db8::1]:3306", "unix:/run/mysqld/mysqld.sock"
std::optional<Host> parse_host(std::string_view text);

struct BackOff {
    Duration first = 200ms;
    Duration longest = 5s;
};

class HostChoice {
public:
    HostChoice(std::size_t hosts, const BackOff& back_off) : back_off_{back_off}, states_(hosts) {}

    // The first that does not rest; nullopt when all do.
    std::optional<std::size_t> next(TimePoint now) const;
    void failed(std::size_t host, TimePoint now);
    void succeeded(std::size_t host) { states_[host] = {}; }
    // How long until one of them may be tried; zero: now.
    Duration rest(TimePoint now) const;

private:
    struct State {
        TimePoint rests_until{};
        Duration last_rest{0};
    };
    BackOff back_off_;
    std::vector<State> states_;
};

}  // namespace viaduct::db_mariadb
