// reply: what Redis answered to one command.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct redisReply;

namespace viaduct::redis {

// An answer of the kind "-WORD what is wrong".
struct Refusal {
    std::string words;
    bool is(std::string_view word) const { return words.starts_with(word); }
};

// Nothing, an integer, a text (a status such as "OK" is one, too), a refusal, a list.
struct Reply : std::variant<std::monostate, std::int64_t, std::string, Refusal, std::vector<Reply>> {
    using variant::variant;
};

// nullptr is nothing. hiredis bounds how deep lists may lie in lists.
Reply reply_of(const redisReply* reply);

}  // namespace viaduct::redis
