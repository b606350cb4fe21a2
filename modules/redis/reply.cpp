// reply: see reply.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "reply.hpp"

#include <hiredis/hiredis.h>

namespace viaduct::redis {

Reply reply_of(const redisReply* reply) {
    if (reply == nullptr) return {};
    switch (reply->type) {
        case REDIS_REPLY_INTEGER: return std::int64_t{reply->integer};
        case REDIS_REPLY_STATUS:
        case REDIS_REPLY_STRING: return std::string{reply->str, reply->len};
        case REDIS_REPLY_ERROR: return Refusal{std::string{reply->str, reply->len}};
        case REDIS_REPLY_ARRAY: break;
        default: return {};
    }
    std::vector<Reply> list;
    list.reserve(reply->elements);
    for (std::size_t i = 0; i < reply->elements; ++i) list.push_back(reply_of(reply->element[i]));
    return list;
}

}  // namespace viaduct::redis
