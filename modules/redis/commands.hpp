// commands: what is said to Redis, and what its replies mean for a script.
//
// https://redis.io/commands: GET, SET (PX, NX), DEL, EVAL, DBSIZE, SCAN; AUTH, SELECT and PING greet. No state.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/shared_store.hpp>
#include <viaduct/time.hpp>

#include "reply.hpp"

namespace viaduct::redis {

struct Command {
    std::vector<std::string> words;

    std::size_t bytes() const;
};

Command get_command(std::string key);
Command set_command(std::string key, const SharedValue& value, std::optional<Duration> ttl);
Command add_command(std::string key, const SharedValue& value, std::optional<Duration> ttl);
// One script on the server: a sum, and when the key was not there its time to live, in one step.
Command increment_command(std::string key, std::int64_t by, std::optional<Duration> ttl);
Command remove_command(std::string key);

struct Login {
    std::string user, password;  // "": none
    std::int64_t database = 0;
};
// What is said first on a connection; the last one shows that the server serves.
std::vector<Command> greeting(const Login& login);

// A refusal as the word scripts get for it.
SharedErrc meaning(const Refusal& refusal);

Result<std::optional<SharedValue>> got(const Reply& reply);
Result<void> written(const Reply& reply);  // nothing: the key was there already
Result<std::int64_t> summed(const Reply& reply);
Result<bool> removed(const Reply& reply);

}  // namespace viaduct::redis
