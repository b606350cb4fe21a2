// A store that all workers share, bounded.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "unit/script/script_fixture.hpp"

using viaduct::SharedValue;
using viaduct::TimePoint;
using viaduct::script::SharedDictionary;
using viaduct::test::ScriptFixture;
using Change = SharedDictionary::Change;
using namespace std::chrono_literals;

namespace {

const TimePoint kNow{1000s};

}  // namespace

TEST_CASE("values are kept until their time to live is over") {
    SharedDictionary dictionary;
    CHECK(dictionary.set("a", SharedValue{std::string{"x"}}, std::nullopt, kNow) == Change::done);
    CHECK(dictionary.set("b", SharedValue{true}, 10s, kNow) == Change::done);
    CHECK(dictionary.get("b", kNow + 9s) == SharedValue{true});
    CHECK_FALSE(dictionary.get("b", kNow + 10s));
    CHECK(dictionary.get("a", kNow + 1000s) == SharedValue{std::string{"x"}});
    CHECK(dictionary.count(kNow + 10s) == 1);
    CHECK(dictionary.remove("a", kNow));
    CHECK_FALSE(dictionary.remove("a", kNow));
}

TEST_CASE("add writes only what is not there") {
    SharedDictionary dictionary;
    CHECK(dictionary.add("a", SharedValue{std::int64_t{1}}, 5s, kNow) == Change::done);
    CHECK(dictionary.add("a", SharedValue{std::int64_t{2}}, 5s, kNow) == Change::exists);
    CHECK(dictionary.add("a", SharedValue{std::int64_t{3}}, 5s, kNow + 5s) == Change::done);
}

TEST_CASE("increment starts at nothing, keeps the first time to live and refuses texts") {
    SharedDictionary dictionary;
    CHECK(dictionary.increment("n", 2, 10s, kNow).value == 2);
    CHECK(dictionary.increment("n", 3, 10s, kNow + 9s).value == 5);
    CHECK(dictionary.increment("n", 1, 10s, kNow + 10s).value == 1);
    dictionary.set("t", SharedValue{std::string{"x"}}, std::nullopt, kNow);
    CHECK(dictionary.increment("t", 1, std::nullopt, kNow).change == Change::not_a_number);
}

TEST_CASE("what does not fit is refused, and expired entries make room") {
    SharedDictionary dictionary{{.entries = 64, .bytes = 64 * 100, .value_bytes = 50}};
    CHECK(dictionary.set("long", SharedValue{std::string(60, 'x')}, std::nullopt, kNow) == Change::full);
    int refused = 0;
    for (int i = 0; i < 500; ++i)
        refused += dictionary.set("key" + std::to_string(i), SharedValue{true}, 10s, kNow) == Change::full ? 1 : 0;
    CHECK(dictionary.count(kNow) == 500U - static_cast<unsigned>(refused));
    CHECK(dictionary.count(kNow) <= 64);
    CHECK(refused > 0);
    int accepted = 0;
    for (int i = 0; i < 500; ++i)
        accepted +=
            dictionary.set("new" + std::to_string(i), SharedValue{true}, 10s, kNow + 20s) == Change::done ? 1 : 0;
    CHECK(accepted > 0);
}

TEST_CASE("bytes are counted over changes of a value") {
    SharedDictionary dictionary{{.entries = 6400, .bytes = 64 * 40, .value_bytes = 40}};
    for (int i = 0; i < 100; ++i)
        CHECK(dictionary.set("k", SharedValue{std::string(i % 2 == 0 ? 30 : 3, 'x')}, std::nullopt, kNow) ==
              Change::done);
    CHECK(dictionary.remove("k", kNow));
    CHECK(dictionary.set("k", SharedValue{std::string(30, 'x')}, std::nullopt, kNow) == Change::done);
}

TEST_CASE("scripts share values through it") {
    ScriptFixture fixture;
    fixture.run(R"(
        local shared = require "viaduct.shared"
        function on_request(req)
          local calls = shared.incr("calls:" .. req.source.ip, 1, 60)
          assert(shared.set("s", "text", 5) and shared.get("s") == "text" and shared.set("s", nil) and shared.get("s") == nil)
          assert(shared.add("a" .. calls, 1.5) and not shared.add("a" .. calls, 2))
          assert(select(2, shared.add("a" .. calls, 2)) == "exists" and shared.delete("a" .. calls))
          if calls > 2 then return 503 end
          return 200, tostring(shared.count())
        end)");
    const auto first = fixture.request();
    INFO(first->error.value_or(""));
    CHECK(ScriptFixture::status(*first) == 200);
    CHECK(first->response->reason == "1");
    CHECK(ScriptFixture::status(*fixture.request()) == 200);
    CHECK(ScriptFixture::status(*fixture.request()) == 503);
    fixture.workers.advance(61s);
    CHECK(ScriptFixture::status(*fixture.request()) == 200);
}
