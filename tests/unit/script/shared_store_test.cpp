// viaduct.shared when its values are elsewhere: the store is the test's hand.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "unit/script/script_fixture.hpp"

using Catch::Contains;
using viaduct::Completion;
using viaduct::Duration;
using viaduct::refused;
using viaduct::Result;
using viaduct::SharedErrc;
using viaduct::SharedValue;
using viaduct::test::FakeRequest;
using viaduct::test::ScriptFixture;
using namespace std::chrono_literals;

namespace {

// Answers when the test says so.
class HandStore final : public viaduct::SharedStore {
public:
    using Ttl = std::optional<Duration>;
    void get(std::string_view key, Completion<Result<std::optional<SharedValue>>> done) override {
        note("get", key);
        gets.push_back(std::move(done));
    }
    void set(std::string_view key, SharedValue value, Ttl ttl, Completion<Result<void>> done) override {
        note("set", key, ttl);
        values.push_back(std::move(value));
        writes.push_back(std::move(done));
    }
    void add(std::string_view key, SharedValue value, Ttl ttl, Completion<Result<void>> done) override {
        note("add", key, ttl);
        values.push_back(std::move(value));
        writes.push_back(std::move(done));
    }
    void increment(std::string_view key, std::int64_t by, Ttl ttl, Completion<Result<std::int64_t>> done) override {
        note("incr", key, ttl);
        values.emplace_back(by);
        sums.push_back(std::move(done));
    }
    void remove(std::string_view key, Completion<Result<bool>> done) override {
        note("remove", key);
        removals.push_back(std::move(done));
    }
    void count(Completion<Result<std::int64_t>> done) override {
        note("count", "");
        sums.push_back(std::move(done));
    }

    std::vector<std::string> asked;
    std::vector<SharedValue> values;
    std::vector<Completion<Result<std::optional<SharedValue>>>> gets;
    std::vector<Completion<Result<void>>> writes;
    std::vector<Completion<Result<std::int64_t>>> sums;
    std::vector<Completion<Result<bool>>> removals;

private:
    void note(const char* word, std::string_view key, Ttl ttl = std::nullopt) {
        asked.push_back(word + (" " + std::string{key}) + (ttl ? " " + std::to_string(*ttl / 1ms) : ""));
    }
};

struct Remote {
    viaduct::script::Diagnostics load(const std::string& body) {
        viaduct::script::Diagnostics problems;
        const auto file = fixture.folder.write("main.lua", "local shared = require 'viaduct.shared'\n" + body);
        auto compiled = viaduct::script::CompiledScript::compile(file, fixture.registry, problems);
        return compiled ? engine.load(std::move(compiled)) : problems;
    }
    std::shared_ptr<FakeRequest> request(const std::string& user = "bob") {
        auto made = viaduct::test::make_request("sip:" + user + "@example.test");
        engine.handle(made);
        return made;
    }
    static std::string text(const FakeRequest& request) {
        if (request.error) return *request.error;
        return request.response ? request.response->reason : "waits";
    }

    ScriptFixture fixture;
    HandStore store;
    viaduct::script::ScriptEngine engine{
        {fixture.workers, fixture.registry, store, fixture.metrics, {"example.test"}, "1", 0, {}, nullptr, true}};
};

}  // namespace

TEST_CASE("a script waits for a value that is elsewhere, and other requests go on") {
    Remote remote;
    REQUIRE(remote
                .load("function on_request(req)\n"
                      "  if req.uri.user == 'other' then return 200, 'at once' end\n"
                      "  local value, why = shared.get('k')\n"
                      "  return 200, tostring(value) .. ' ' .. math.type(value or 0) .. ' ' .. tostring(why)\n"
                      "end")
                .empty());
    const auto first = remote.request(), second = remote.request();
    CHECK(Remote::text(*first) == "waits");
    CHECK(Remote::text(*remote.request("other")) == "at once");
    remote.store.gets[1](std::optional<SharedValue>{2.0});
    CHECK(Remote::text(*second) == "2.0 float nil");
    remote.store.gets[0](viaduct::refused<std::optional<SharedValue>>(SharedErrc::unavailable));
    CHECK(Remote::text(*first) == "nil integer unavailable");
}

TEST_CASE("every word of a script has its answer and its refusal") {
    Remote remote;
    REQUIRE(remote
                .load("local function said(...)\n"
                      "  local all = table.pack(...)\n"
                      "  for i = 1, all.n do all[i] = tostring(all[i]) end\n"
                      "  return table.concat(all, ' ')\n"
                      "end\n"
                      "function on_request(req)\n"
                      "  local user = req.uri.user\n"
                      "  if user == 'set' then return 200, said(shared.set('k', 'v', 1.5)) end\n"
                      "  if user == 'clear' then return 200, said(shared.set('k', nil)) end\n"
                      "  if user == 'add' then return 200, said(shared.add('k', true, 60)) end\n"
                      "  if user == 'incr' then return 200, said(shared.incr('k', -2, 60)) end\n"
                      "  if user == 'delete' then return 200, said(shared.delete('k')) end\n"
                      "  return 200, said(shared.count())\n"
                      "end")
                .empty());
    auto& store = remote.store;
    const auto answered = [&](const char* user, auto& list, auto answer) {
        const auto request = remote.request(user);
        REQUIRE(list.size() == 1);
        list.back()(answer);
        list.clear();
        return Remote::text(*request);
    };
    const Result<void> done;
    CHECK(answered("set", store.writes, done) == "true");
    CHECK(answered("set", store.writes, refused<void>(SharedErrc::full)) == "nil full");
    CHECK(answered("clear", store.removals, Result<bool>{false}) == "true");
    CHECK(answered("clear", store.removals, refused<bool>(SharedErrc::unavailable)) == "nil unavailable");
    CHECK(answered("add", store.writes, done) == "true");
    CHECK(answered("add", store.writes, refused<void>(SharedErrc::exists)) == "nil exists");
    CHECK(answered("incr", store.sums, Result<std::int64_t>{-2}) == "-2");
    CHECK(answered("incr", store.sums, refused<std::int64_t>(SharedErrc::not_an_integer)) == "nil not an integer");
    CHECK(answered("delete", store.removals, Result<bool>{true}) == "true");
    CHECK(answered("delete", store.removals, refused<bool>(SharedErrc::unavailable)) == "nil unavailable");
    CHECK(answered("count", store.sums, Result<std::int64_t>{12}) == "12");
    CHECK(store.asked == std::vector<std::string>{"set k 1500", "set k 1500", "remove k", "remove k", "add k 60000",
                                                  "add k 60000", "incr k 60000", "incr k 60000", "remove k", "remove k",
                                                  "count "});
    CHECK(store.values.front() == SharedValue{std::string{"v"}});
    CHECK(store.values.back() == SharedValue{std::int64_t{-2}});
}

TEST_CASE("where a script cannot wait nothing is asked") {
    Remote remote;
    const auto problems = remote.load("shared.incr('loads')\nfunction on_request(req) return 200 end");
    REQUIRE(problems.size() == 1);
    CHECK_THAT(problems[0].text(), Contains("main.lua:2: this has to wait"));
    REQUIRE(remote
                .load("function on_request(req)\n"
                      "  local step = coroutine.wrap(function() return shared.incr('k') end)\n"
                      "  return 200, tostring(step())\n"
                      "end")
                .empty());
    CHECK_THAT(Remote::text(*remote.request()),
               Contains("this has to wait, which is not possible inside coroutine.wrap"));
    CHECK(remote.store.asked.empty());
}

TEST_CASE("an answer that comes after its request has ended is nobody's") {
    Remote remote;
    REQUIRE(remote.load("function on_request(req) return 200, tostring(shared.get('k')) end").empty());
    const auto request = remote.request();
    remote.engine.cancelled(*request);
    remote.store.gets[0](std::optional<SharedValue>{true});
    CHECK_FALSE(request->response);
    const auto next = remote.request();
    remote.store.gets[1](std::optional<SharedValue>{false});
    CHECK(Remote::text(*next) == "false");
}
