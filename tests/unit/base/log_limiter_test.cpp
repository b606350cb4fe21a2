// Lines that strangers can cause: the first few are said, the others counted.
// SPDX-License-Identifier: Apache-2.0
#include "base/log_limiter.hpp"

#include <memory>
#include <vector>

#include <catch2/catch.hpp>

#include "base/log_sink.hpp"
#include "support/manual_workers.hpp"

namespace viaduct::test {

namespace {

struct Complaints {
    explicit Complaints(LogLimiter::Limits limits = {.lines = 2, .interval = 10s, .keys = 3})
        : limiter{std::make_unique<LogLimiter>(workers, log, limits)} {}

    void complain(std::string_view key, int times = 1) {
        for (int i = 0; i < times; ++i) {
            if (limiter->admits(LogLevel::error, key)) log.error("{}: it failed", key);
        }
    }

    std::vector<std::string> lines;
    Registration hook =
        set_log_hook([this](LogLevel, std::string_view, std::string_view line) { lines.emplace_back(line); });
    Logger log{"test"};
    ManualWorkers workers;
    std::unique_ptr<LogLimiter> limiter;
};

}  // namespace

TEST_CASE("the first lines of an interval are said in full, the others in one line at its end") {
    Complaints one;
    one.complain("main.lua:3", 1236);
    CHECK(one.lines == std::vector<std::string>{"main.lua:3: it failed", "main.lua:3: it failed"});
    one.workers.advance(9900ms);
    CHECK(one.lines.size() == 2);
    one.workers.advance(200ms);
    REQUIRE(one.lines.size() == 3);
    CHECK(one.lines[2] == "main.lua:3: 1234 more like this in the last 10 s");
}

TEST_CASE("with the next interval lines are said again, and where none was left out none is added") {
    Complaints one;
    one.complain("main.lua:3", 2);
    one.workers.advance(11s);
    one.complain("main.lua:3", 2);
    CHECK(one.lines.size() == 4);
    one.workers.advance(60s);
    CHECK(one.lines.size() == 4);
}

TEST_CASE("a flood of one line hides no other") {
    Complaints one;
    one.complain("main.lua:3", 100);
    one.complain("main.lua:8");
    CHECK(one.lines.back() == "main.lua:8: it failed");
}

TEST_CASE("ever new keys share the lines of one") {
    Complaints one;
    for (int i = 0; i < 1000; ++i) one.complain("key " + std::to_string(i));
    CHECK(one.lines.size() == 3 + 2);
    one.workers.advance(11s);
    REQUIRE(one.lines.size() == 6);
    CHECK(one.lines.back() == "other lines: 995 more like this in the last 10 s");
}

TEST_CASE("what was left out is said before the limiter goes") {
    Complaints one;
    one.complain("main.lua:3", 3);
    one.limiter.reset();
    CHECK(one.lines.back() == "main.lua:3: 1 more like this in the last 10 s");
    one.workers.advance(60s);
    CHECK(one.lines.size() == 3);
}

TEST_CASE("a text is cut between characters, never inside one") {
    CHECK(cut("abc", 3) == "abc");
    CHECK(cut("abcd", 3) == "abc");
    CHECK(cut("ab\xC3\xA4", 3) == "ab");
}

}  // namespace viaduct::test
