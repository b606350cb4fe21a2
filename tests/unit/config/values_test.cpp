// Durations, sizes and the nearest name.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "config/values.hpp"

namespace viaduct::config {

TEST_CASE("durations have one number and one unit") {
    CHECK(parse_duration("500ms") == Duration{500ms});
    CHECK(parse_duration("30s") == Duration{30s});
    CHECK(parse_duration("5m") == Duration{5min});
    CHECK(parse_duration("1h") == Duration{1h});
    CHECK(parse_duration("7d") == Duration{7 * 24h});
    CHECK(parse_duration("0s") == Duration{0});
    for (const char* wrong :
         {"", "s", "5", "-5s", "+5s", "5 s", "5S", "1h30m", "0.5s", "99999999999999999999s", "36501d"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_duration(wrong));
    }
}

TEST_CASE("sizes are powers of 1024") {
    CHECK(parse_size("0") == 0U);
    CHECK(parse_size("512") == 512U);
    CHECK(parse_size("64k") == 65536U);
    CHECK(parse_size("10M") == 10'485'760U);
    CHECK(parse_size("1G") == 1'073'741'824U);
    for (const char* wrong : {"", "k", "-1", "1K", "1kb", "1.5M", "18446744073709551616", "99999999999G"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_size(wrong));
    }
}

TEST_CASE("what is printed reads back as the same value") {
    for (Duration duration :
         {Duration{0}, Duration{500ms}, Duration{90s}, Duration{1h}, Duration{48h}, Duration{61min}}) {
        CAPTURE(format_duration(duration));
        CHECK(parse_duration(format_duration(duration)) == duration);
    }
    CHECK(format_duration(90s) == "90s");
    CHECK(format_duration(48h) == "2d");
    for (std::uint64_t size : {0ULL, 1ULL, 1000ULL, 65536ULL, 1ULL << 30}) {
        CAPTURE(format_size(size));
        CHECK(parse_size(format_size(size)) == size);
    }
    CHECK(format_size(65536) == "64k");
}

TEST_CASE("the nearest name is found over a slip, a swap or a missing letter, and not over a different word") {
    const std::vector<std::string> names{"min_expires", "max_expires", "realm"};
    CHECK(*nearest("min_expire", names) == "min_expires");
    CHECK(*nearest("maxexpires", names) == "max_expires");
    CHECK(*nearest("relam", names) == "realm");
    CHECK(nearest("nonce_lifetime", names) == nullptr);
    CHECK(nearest("x", names) == nullptr);
    CHECK(nearest("realm", {}) == nullptr);
}

}  // namespace viaduct::config
