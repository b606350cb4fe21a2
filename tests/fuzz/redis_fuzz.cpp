// redis_fuzz: what a Redis server, or whoever sits at its address, may answer.
//
// Promises: any stream of replies has a meaning or none; a value that was read is the same when it is written and read
// again; a count ends, and is never negative for sizes that are not.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include <hiredis/hiredis.h>

#include "modules/redis/key_count.hpp"
#include "modules/redis/value_text.hpp"
#include "tests/fuzz/require.hpp"

using namespace viaduct;
using namespace viaduct::redis;

namespace {

void check_value(std::string_view text) {
    const SharedValue value = value_of(text);
    const std::string written = text_of(value);
    fuzz::require(text_of(value_of(written)) == written);
    fuzz::require(value_of(written).index() == value.index());
}

void check_meaning(const Reply& reply) {
    fuzz::require(got(reply).has_value() == (reply.index() == 0 || reply.index() == 2));
    fuzz::require(written(reply).has_value() == (reply.index() == 2));
    fuzz::require(removed(reply).has_value() == (reply.index() == 1));
    if (const auto sum = summed(reply)) fuzz::require(integer_of(std::get<std::string>(reply)) == *sum);
}

// hiredis takes room for a list as long as it is announced to be, here by more than the fuzzer may have; in the server
// that memory is never touched, and goes with the connection at its deadline.
bool announces_a_long_list(std::string_view bytes) {
    for (auto star = bytes.find('*'); star != std::string_view::npos; star = bytes.find('*', star + 1)) {
        if (bytes.find_first_not_of("+0123456789", star + 1) > star + 6) return true;
    }
    return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    check_value(bytes);
    if (announces_a_long_list(bytes)) return 0;
    redisReader* reader = redisReaderCreate();
    redisReaderFeed(reader, bytes.data(), bytes.size());
    KeyCount count{"v:", 3};
    void* raw = nullptr;
    while (redisReaderGetReply(reader, &raw) == REDIS_OK && raw != nullptr) {
        const Reply reply = reply_of(static_cast<redisReply*>(raw));
        freeReplyObject(raw);
        check_meaning(reply);
        if (!count.result()) count.take(reply);
        fuzz::require(!count.next().words.empty());
    }
    redisReaderFree(reader);
    return 0;
}
