// What values look like in Redis.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include "modules/redis/address.hpp"
#include "modules/redis/value_text.hpp"

using viaduct::SharedValue;
using namespace viaduct::redis;

TEST_CASE("every value comes back with its type") {
    const std::string bytes{"\0\r\n\xff$5", 6};
    const std::vector<SharedValue> values{true,
                                          false,
                                          std::int64_t{0},
                                          std::int64_t{-42},
                                          std::numeric_limits<std::int64_t>::max(),
                                          std::numeric_limits<std::int64_t>::min(),
                                          0.1,
                                          1.0,
                                          -0.0,
                                          5e-324,
                                          std::numeric_limits<double>::infinity(),
                                          std::string{},
                                          std::string{"scanner"},
                                          std::string{"42"},
                                          std::string{"-42"},
                                          std::string{"042"},
                                          std::string{"-0"},
                                          std::string{"true"},
                                          std::string{"b:true"},
                                          std::string{"f:0.5"},
                                          std::string{"f:x"},
                                          std::string{"s:"},
                                          std::string{"s:s:1"},
                                          std::string{"9223372036854775808"},
                                          bytes};
    for (const SharedValue& value : values) {
        INFO(text_of(value));
        CHECK(value_of(text_of(value)) == value);
    }
    CHECK(std::signbit(std::get<double>(value_of(text_of(-0.0)))));
    CHECK(std::isnan(std::get<double>(value_of(text_of(std::nan(""))))));
}

TEST_CASE("integers and plain texts are what people and other programs write") {
    CHECK(text_of(std::int64_t{7}) == "7");
    CHECK(text_of(std::string{"scanner"}) == "scanner");
    CHECK(text_of(true) == "b:true");
    CHECK(text_of(0.5) == "f:0.5");
    CHECK(text_of(std::string{"7"}) == "s:7");
    CHECK(value_of("1000") == SharedValue{std::int64_t{1000}});
    CHECK(value_of("banned by hand") == SharedValue{std::string{"banned by hand"}});
    CHECK(value_of("b:maybe") == SharedValue{std::string{"b:maybe"}});
    CHECK(value_of("f:1.5 ") == SharedValue{std::string{"f:1.5 "}});
}

TEST_CASE("an address is a name, a literal or the path of a unix socket") {
    CHECK(parse_address("redis1") == Address{"redis1", 6379, ""});
    CHECK(parse_address("redis1.example.test:6380") == Address{"redis1.example.test", 6380, ""});
    CHECK(parse_address("192.0.2.7:1") == Address{"192.0.2.7", 1, ""});
    CHECK(parse_address("[2001:db8::1]:6380") == Address{"2001:db8::1", 6380, ""});
    CHECK(parse_address("[2001:db8::1]") == Address{"2001:db8::1", 6379, ""});
    CHECK(parse_address("2001:db8::1") == Address{"2001:db8::1", 6379, ""});
    CHECK(parse_address("/run/redis/redis.sock") == Address{"", 0, "/run/redis/redis.sock"});
    CHECK(parse_address("unix:/run/redis/redis.sock") == Address{"", 0, "/run/redis/redis.sock"});
    for (const char* text :
         {"", ":6379", "redis1:", "redis1:0", "redis1:65536", "redis1:x", "unix:redis.sock", "[redis1]:6379",
          "[2001:db8::1", "[2001:db8::1]6379", "a:b:c", "redis://redis1", "redis 1"}) {
        INFO(text);
        CHECK_FALSE(parse_address(text));
    }
    CHECK(parse_address("redis1")->is_name());
    CHECK_FALSE(parse_address("192.0.2.7")->is_name());
    CHECK_FALSE(parse_address("[2001:db8::1]")->is_name());
    CHECK_FALSE(parse_address("/run/redis.sock")->is_name());
    CHECK(parse_address("[2001:db8::1]")->text() == "[2001:db8::1]:6379");
    CHECK(parse_address("/run/redis.sock")->text() == "unix:/run/redis.sock");
}
