// What is said to Redis, and what its bytes mean.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <hiredis/hiredis.h>

#include <memory>

#include "modules/redis/commands.hpp"
#include "modules/redis/key_count.hpp"

using viaduct::Result;
using viaduct::SharedErrc;
using viaduct::SharedValue;
using namespace viaduct::redis;
using namespace std::chrono_literals;
using Words = std::vector<std::string>;

namespace {

// The bytes of one reply, read by hiredis.
Reply read(const std::string& bytes) {
    const std::unique_ptr<redisReader, void (*)(redisReader*)> reader{redisReaderCreate(), redisReaderFree};
    void* reply = nullptr;
    REQUIRE(redisReaderFeed(reader.get(), bytes.data(), bytes.size()) == REDIS_OK);
    REQUIRE(redisReaderGetReply(reader.get(), &reply) == REDIS_OK);
    REQUIRE(reply != nullptr);
    Reply made = reply_of(static_cast<redisReply*>(reply));
    freeReplyObject(reply);
    return made;
}

}  // namespace

TEST_CASE("set and add are SET with a time to live in milliseconds") {
    CHECK(set_command("k", std::int64_t{1}, std::nullopt).words == Words{"SET", "k", "1"});
    CHECK(set_command("k", true, 60s).words == Words{"SET", "k", "b:true", "PX", "60000"});
    CHECK(add_command("k", std::string{"x y"}, 1500ms).words == Words{"SET", "k", "x y", "PX", "1500", "NX"});
    CHECK(add_command("k", 0.5, 1ns).words == Words{"SET", "k", "f:0.5", "PX", "1", "NX"});
}

TEST_CASE("incr hands key, step and time to live to one script, get and delete are plain") {
    const Words words = increment_command("k", -5, 60s).words;
    REQUIRE(words.size() == 6);
    CHECK(words[0] == "EVAL");
    CHECK(Words{words.begin() + 2, words.end()} == Words{"1", "k", "-5", "60000"});
    CHECK(increment_command("k", 1, std::nullopt).words.size() == 5);
    CHECK(get_command("k").words == Words{"GET", "k"});
    CHECK(remove_command("k").words == Words{"DEL", "k"});
}

TEST_CASE("the greeting logs in, chooses the database and ends with what only a server that serves answers") {
    const auto said = [](const Login& login) {
        std::vector<Words> all;
        for (const Command& command : greeting(login)) all.push_back(command.words);
        return all;
    };
    CHECK(said({}) == std::vector<Words>{{"PING"}});
    CHECK(said({"", "secret", 0}) == std::vector<Words>{{"AUTH", "secret"}, {"PING"}});
    CHECK(said({"viaduct", "secret", 3}) ==
          std::vector<Words>{{"AUTH", "viaduct", "secret"}, {"SELECT", "3"}, {"PING"}});
}

TEST_CASE("replies become what scripts see") {
    CHECK(got(read("$-1\r\n")).value() == std::nullopt);
    CHECK(got(read("$2\r\n-7\r\n")).value() == SharedValue{std::int64_t{-7}});
    CHECK(got(read("$0\r\n\r\n")).value() == SharedValue{std::string{}});
    CHECK(written(read("+OK\r\n")).has_value());
    CHECK(written(read("$-1\r\n")).error() == SharedErrc::exists);
    CHECK(summed(read("$16\r\n9007199254740993\r\n")).value() == 9007199254740993);  // 2^53 + 1
    CHECK(removed(read(":1\r\n")).value());
    CHECK_FALSE(removed(read(":0\r\n")).value());
}

TEST_CASE("refusals become the words scripts know") {
    CHECK(written(read("-OOM command not allowed when used memory > 'maxmemory'.\r\n")).error() == SharedErrc::full);
    CHECK(summed(read("-ERR value is not an integer or out of range\r\n")).error() == SharedErrc::not_an_integer);
    CHECK(summed(read("-ERR increment or decrement would overflow\r\n")).error() == SharedErrc::not_an_integer);
    CHECK(summed(read("-WRONGTYPE Operation against a key holding the wrong kind of value\r\n")).error() ==
          SharedErrc::not_an_integer);
    CHECK(got(read("-NOPERM this user has no permissions to run the 'get' command\r\n")).error() ==
          SharedErrc::unavailable);
    CHECK(removed(read("-READONLY You can't write against a read only replica.\r\n")).error() ==
          SharedErrc::unavailable);
    CHECK(SharedErrc::unavailable == make_error_code(SharedErrc::unavailable));
    CHECK(make_error_code(SharedErrc::unavailable).message() == "unavailable");
}

TEST_CASE("a reply of another kind than the command has is no answer") {
    for (const char* bytes : {":1\r\n", "*0\r\n", "*2\r\n:1\r\n$-1\r\n"})
        CHECK(got(read(bytes)).error() == SharedErrc::unavailable);
    CHECK(written(read(":1\r\n")).error() == SharedErrc::unavailable);
    CHECK(summed(read("$3\r\n1.5\r\n")).error() == SharedErrc::unavailable);
    CHECK(summed(read("$-1\r\n")).error() == SharedErrc::unavailable);
    CHECK(removed(read("+OK\r\n")).error() == SharedErrc::unavailable);
}

TEST_CASE("keys with the prefix are counted in steps") {
    KeyCount count{"v:"};
    CHECK(count.next().words == Words{"DBSIZE"});
    CHECK(count.take(read(":4\r\n")));
    CHECK(count.next().words == Words{"SCAN", "0", "COUNT", "1000"});
    CHECK(count.take(read("*2\r\n$2\r\n17\r\n*2\r\n$3\r\nv:a\r\n$3\r\nx:b\r\n")));
    CHECK_FALSE(count.result());
    CHECK(count.next().words == Words{"SCAN", "17", "COUNT", "1000"});
    CHECK(count.take(read("*2\r\n$1\r\n0\r\n*2\r\n$3\r\nv:c\r\n$2\r\nv:\r\n")));
    CHECK(count.result() == 3);
}

TEST_CASE("of a large database a sample is counted, without a prefix nothing but its size") {
    KeyCount sample{"v:", 4};
    CHECK(sample.take(read(":1000\r\n")));
    CHECK(sample.take(read("*2\r\n$1\r\n9\r\n*4\r\n$3\r\nv:a\r\n$3\r\nx:b\r\n$3\r\nx:c\r\n$3\r\nx:d\r\n")));
    CHECK(sample.result() == 250);
    KeyCount all{""};
    CHECK(all.take(read(":1000\r\n")));
    CHECK(all.result() == 1000);
}

TEST_CASE("a count ends at an answer that is none") {
    KeyCount count{"v:"};
    CHECK_FALSE(count.take(read("+OK\r\n")));
    CHECK(count.take(read(":4\r\n")));
    for (const char* bytes : {":1\r\n", "*1\r\n$1\r\n0\r\n", "*2\r\n:1\r\n*0\r\n", "*2\r\n$1\r\n0\r\n$1\r\n0\r\n",
                              "*2\r\n$1\r\n0\r\n*1\r\n:1\r\n"}) {
        INFO(bytes);
        CHECK_FALSE(count.take(read(bytes)));
    }
}
