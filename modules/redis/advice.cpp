// advice: see advice.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "advice.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace viaduct::redis {

namespace {

struct Line {
    std::string_view begins;
    std::string_view advice;
};
// The longer beginnings first.
constexpr std::array kLines{
    Line{"WRONGPASS", "check user and password_file; `ACL LIST` in redis-cli shows the users it has"},
    Line{"NOAUTH", "it wants a password: set password_file, and user where it is not Redis's default user"},
    Line{"NOPERM", "`ACL SETUSER` grants the user what is missing; the module's README has the whole line"},
    Line{"DENIED", "it serves its own machine only: give it a password (requirepass) and set password_file"},
    Line{"READONLY", "this server is a replica: address must lead to the primary"},
    Line{"MASTERDOWN", "this server is a replica that lost its primary: address must lead to the primary"},
    Line{"LOADING", "it still reads its data, and is asked again until it has"},
    Line{"BUSY", "a script holds it up: `SCRIPT KILL` in redis-cli ends that"},
    Line{"MISCONF", "it cannot save to its disk, and takes no writes until it can: its own log says why"},
    Line{"NOSCRIPT", "its EVAL is not Redis's: address must lead to a Redis"},
    Line{"MOVED", "it is part of a cluster, which is not spoken: address must lead to a Redis of its own"},
    Line{"CROSSSLOT", "it is part of a cluster, which is not spoken: address must lead to a Redis of its own"},
    Line{"CLUSTERDOWN", "it is part of a cluster, which is not spoken: address must lead to a Redis of its own"},
    Line{"ERR DB index is out of range", "database is a number below its own `databases`, 16 unless it says otherwise"},
    Line{"ERR SELECT is not allowed in cluster mode",
         "a cluster is not spoken: address must lead to a Redis of its own"},
    Line{"ERR AUTH <password> called without any password",
         "it has no password: take password_file away, or set requirepass there"},
    Line{"ERR Client sent AUTH, but no password",
         "it has no password: take password_file away, or set requirepass there"},
    Line{"ERR wrong number of arguments for 'auth'", "it knows no users (Redis before 6): take user away"},
    Line{"ERR max number of clients", "raise its `maxclients`: each worker of each node needs one connection"},
};

}  // namespace

std::string_view advice(std::string_view refusal) {
    const auto* const line =
        std::find_if(kLines.begin(), kLines.end(), [&](const Line& one) { return refusal.starts_with(one.begins); });
    return line == kLines.end() ? std::string_view{} : line->advice;
}

std::string with_advice(std::string_view refusal) {
    const std::string_view what_to_do = advice(refusal);
    return what_to_do.empty() ? std::string{refusal} : fmt::format("{}; {}", refusal, what_to_do);
}

}  // namespace viaduct::redis
