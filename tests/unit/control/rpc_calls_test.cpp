// rpc_calls: ControlApi::call: JSON-RPC 2.0 for whoever has no socket to us.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "control/control_registry.hpp"
#include "control/rpc_calls.hpp"
#include "support/manual_workers.hpp"

using namespace viaduct;
using namespace viaduct::control;
using nlohmann::json;

namespace {

struct Bench {
    Bench() { registry.take_calls(workers); }
    ~Bench() { registry.drop_calls(); }
    // Asked on worker 1; where the answer came and what it was.
    std::shared_ptr<std::vector<std::pair<unsigned, std::string>>> call(std::string text) {
        auto answers = std::make_shared<std::vector<std::pair<unsigned, std::string>>>();
        workers.as(1, [&] {
            registry.call(std::move(text), [this, answers](std::string answer) {
                answers->emplace_back(workers.current(), std::move(answer));
            });
        });
        workers.run();
        return answers;
    }
    test::ManualWorkers workers{2};
    ControlRegistry registry;
    std::vector<ControlReplyPtr> waiting;
    unsigned ran_on = 99;
    Registration add = registry.add("test.where", "", "", [this](const json&, ControlReplyPtr reply) {
        ran_on = workers.current();
        reply->result(7);
    });
    Registration wait = registry.add(
        "test.wait", "", "", [this](const json&, ControlReplyPtr reply) { waiting.push_back(std::move(reply)); });
};

}  // namespace

TEST_CASE("a call runs on worker 0 and its answer comes to the worker that asked") {
    Bench bench;
    const auto answers = bench.call(R"({"jsonrpc":"2.0","id":5,"method":"test.where"})");
    CHECK(bench.ran_on == 0);
    REQUIRE(answers->size() == 1);
    CHECK((*answers)[0].first == 1);
    CHECK(json::parse((*answers)[0].second) == json::parse(R"({"jsonrpc":"2.0","id":5,"result":7})"));
}

TEST_CASE("what is no JSON-RPC is answered as on the control socket") {
    Bench bench;
    CHECK(json::parse(bench.call("{")->at(0).second)["error"]["code"] == -32700);
    CHECK(json::parse(bench.call(R"({"jsonrpc":"2.0","id":5,"method":"no.such"})")->at(0).second)["error"]["code"] ==
          -32601);
}

TEST_CASE("notifications have no answer, and say so at once (JSON-RPC 2.0 section 4.1)") {
    Bench bench;
    CHECK(bench.call(R"({"jsonrpc":"2.0","method":"test.where"})")->at(0).second == "");
    CHECK(bench.call(R"([{"jsonrpc":"2.0","method":"test.where"},{"jsonrpc":"2.0","method":"test.where"}])")
              ->at(0)
              .second == "");
    CHECK(json::parse(
              bench.call(R"([{"jsonrpc":"2.0","method":"test.where"},{"jsonrpc":"2.0","id":1,"method":"test.where"}])")
                  ->at(0)
                  .second)
              .size() == 1);
}

TEST_CASE("a command that says nothing is answered for after a minute") {
    Bench bench;
    const auto answers = bench.call(R"({"jsonrpc":"2.0","id":5,"method":"test.wait"})");
    CHECK(answers->empty());
    bench.workers.advance(62s);
    REQUIRE(answers->size() == 1);
    CHECK(json::parse((*answers)[0].second)["error"]["code"] == kNoAnswerInTime);
    bench.waiting[0]->result(1);  // too late
    bench.workers.run();
    CHECK(answers->size() == 1);
}

TEST_CASE("calls under way are limited") {
    Bench bench;
    for (std::size_t i = 0; i < RpcCalls::kUnderWay; ++i)
        CHECK(bench.call(R"({"jsonrpc":"2.0","id":5,"method":"test.wait"})")->empty());
    CHECK(json::parse(bench.call(R"({"jsonrpc":"2.0","id":5,"method":"test.where"})")->at(0).second)["error"]["code"] ==
          kTooMany);
    bench.waiting.clear();  // each is answered: "ended without an answer"
    bench.workers.run();
    CHECK(bench.call(R"({"jsonrpc":"2.0","id":5,"method":"test.where"})")->size() == 1);
}

TEST_CASE("a method that streams answers once and learns that its client has left") {
    Bench bench;
    bool closed = false;
    const auto stream = bench.registry.add_stream("test.stream", "", "", [&](const json&, ControlStreamPtr reply) {
        reply->on_closed([&] { closed = true; });
        CHECK_FALSE(reply->notify("test.event", json::object()));
        reply->result(1);
    });
    CHECK(bench.call(R"({"jsonrpc":"2.0","id":5,"method":"test.stream"})")->size() == 1);
    CHECK(closed);
}
