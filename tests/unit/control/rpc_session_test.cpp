// JSON-RPC 2.0 without a socket.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <set>
#include <stdexcept>

#include "rpc_lines.hpp"

namespace viaduct::control {
namespace {

using Json = nlohmann::json;

// A server with a method that answers, one that waits, and two that fail.
struct Methods {
    ControlRegistry registry;
    std::vector<ControlReplyPtr> waiting;
    int notified = 0;
    Registration add_ = registry.add(
        "math.add", "a b", "Adds two numbers.",
        [](const Json& p, const ControlReplyPtr& r) { r->result(p.at("a").get<int>() + p.at("b").get<int>()); });
    Registration wait_ = registry.add("wait", "", "", [this](const Json&, ControlReplyPtr r) {
        ++notified;
        waiting.push_back(std::move(r));
    });
    Registration fail_ = registry.add(
        "fail", "", "", [](const Json&, const ControlReplyPtr&) -> void { throw std::runtime_error{"no disk"}; });
    Registration refuse_ = registry.add("refuse", "", "", [](const Json&, const ControlReplyPtr& r) {
        r->error({kNotFound, "no such user"});
        r->result("too late");
    });
    Registration silent_ = registry.add("silent", "", "", [](const Json&, const ControlReplyPtr&) {});
    RpcLines rpc{registry};
};

int code_of(const std::vector<Json>& answers) {
    return answers.size() == 1 ? answers[0].at("error").at("code").get<int>() : 0;
}

}  // namespace

TEST_CASE("a call is answered with its id") {
    Methods m;
    const auto answers = m.rpc.say(R"({"jsonrpc":"2.0","id":"x","method":"math.add","params":{"a":2,"b":3}})");
    REQUIRE(answers.size() == 1);
    CHECK(answers[0] == Json{{"jsonrpc", "2.0"}, {"id", "x"}, {"result", 5}});
}

TEST_CASE("what is no call is refused with the code of the specification") {
    Methods m;
    CHECK(code_of(m.rpc.say("{")) == kParseError);
    CHECK(code_of(m.rpc.say("\xff")) == kParseError);
    CHECK(code_of(m.rpc.say("5")) == kInvalidRequest);
    CHECK(code_of(m.rpc.say("[]")) == kInvalidRequest);
    CHECK(code_of(m.rpc.say(R"({"id":1,"method":"wait"})")) == kInvalidRequest);
    CHECK(code_of(m.rpc.say(R"({"jsonrpc":"2.0","id":1,"method":5})")) == kInvalidRequest);
    CHECK(code_of(m.rpc.say(R"({"jsonrpc":"2.0","id":{},"method":"wait"})")) == kInvalidRequest);
    CHECK(code_of(m.rpc.say(R"({"jsonrpc":"2.0","id":1,"method":"nothing"})")) == kMethodNotFound);
    CHECK(code_of(m.rpc.say(R"({"jsonrpc":"2.0","id":1,"method":"math.add","params":[1,2]})")) == kInvalidParameters);
    CHECK(m.notified == 0);
}

TEST_CASE("wrong parameters are answered with the usage") {
    Methods m;
    const auto answers = m.rpc.say(R"({"jsonrpc":"2.0","id":1,"method":"math.add","params":{"a":"two"}})");
    REQUIRE(code_of(answers) == kInvalidParameters);
    CHECK(answers[0]["error"]["message"].get<std::string>().ends_with("usage: math.add a b"));
}

TEST_CASE("a command that throws, refuses or forgets to answer is an error, answered once") {
    Methods m;
    auto answers = m.rpc.say(R"({"jsonrpc":"2.0","id":1,"method":"fail"})");
    CHECK(code_of(answers) == kInternalError);
    CHECK(answers[0]["error"]["message"] == "no disk");
    answers = m.rpc.say(R"({"jsonrpc":"2.0","id":2,"method":"refuse"})");
    CHECK(code_of(answers) == kNotFound);
    CHECK(code_of(m.rpc.say(R"({"jsonrpc":"2.0","id":3,"method":"silent"})")) == kInternalError);
}

TEST_CASE("a notification gets no answer, whatever becomes of it") {
    Methods m;
    CHECK(m.rpc.say(R"({"jsonrpc":"2.0","method":"wait"})").empty());
    CHECK(m.notified == 1);
    CHECK(m.rpc.say(R"({"jsonrpc":"2.0","method":"fail"})").empty());
    m.waiting.front()->result(1);
    CHECK(m.rpc.take().empty());
}

TEST_CASE("calls are answered when they are done, in whatever order") {
    Methods m;
    CHECK(m.rpc.say(R"({"jsonrpc":"2.0","id":1,"method":"wait"})").empty());
    CHECK(m.rpc.say(R"({"jsonrpc":"2.0","id":2,"method":"wait"})").empty());
    CHECK(m.rpc.session->calls_under_way() == 2);
    m.waiting[1]->result("second");
    m.waiting[0]->result("first");
    const auto answers = m.rpc.take();
    REQUIRE(answers.size() == 2);
    CHECK(answers[0]["id"] == 2);
    CHECK(answers[1]["id"] == 1);
    CHECK(m.rpc.session->calls_under_way() == 0);
}

TEST_CASE("a batch is one line of answers once all are there, without those of notifications") {
    Methods m;
    CHECK(m.rpc
              .say(R"([{"jsonrpc":"2.0","id":1,"method":"wait"},{"jsonrpc":"2.0","method":"math.add"},
                        {"jsonrpc":"2.0","id":2,"method":"math.add","params":{"a":1,"b":1}},7])")
              .empty());
    m.waiting.front()->result(true);
    const auto answers = m.rpc.take();
    REQUIRE(answers.size() == 1);
    REQUIRE(answers[0].size() == 3);
    std::set<Json> ids;
    for (const Json& answer : answers[0]) ids.insert(answer["id"]);
    CHECK(ids == std::set<Json>{nullptr, 1, 2});
}

TEST_CASE("a batch of notifications alone is answered by nothing; one too long is refused") {
    Methods m;
    CHECK(m.rpc.say(R"([{"jsonrpc":"2.0","method":"math.add"},{"jsonrpc":"2.0","method":"fail"}])").empty());
    Json many = Json::array();
    for (std::size_t i = 0; i <= RpcSession::kBatchLength; ++i) many.push_back(1);
    CHECK(code_of(m.rpc.say(many.dump())) == kInvalidRequest);
}

TEST_CASE("a call that is not answered in time is an error, and its late answer goes nowhere") {
    Methods m;
    const TimePoint start{};
    m.rpc.say(R"({"jsonrpc":"2.0","id":1,"method":"wait"})", start);
    m.rpc.say(R"({"jsonrpc":"2.0","id":2,"method":"wait"})", start + 30s);
    m.rpc.session->expire(start + RpcSession::kCallDeadline);
    CHECK(m.rpc.take().empty());
    m.rpc.session->expire(start + RpcSession::kCallDeadline + 1s);
    CHECK(code_of(m.rpc.take()) == kNoAnswerInTime);
    m.waiting[0]->result("late");
    CHECK(m.rpc.take().empty());
    CHECK(m.rpc.session->calls_under_way() == 1);
}

TEST_CASE("calls under way on one connection are bounded") {
    Methods m;
    for (std::size_t i = 0; i < RpcSession::kCallsUnderWay; ++i) {
        REQUIRE(m.rpc.say(R"({"jsonrpc":"2.0","id":1,"method":"wait"})").empty());
    }
    CHECK(code_of(m.rpc.say(R"({"jsonrpc":"2.0","id":1,"method":"wait"})")) == kTooMany);
}

TEST_CASE("an answer for a client that left is dropped") {
    Methods m;
    m.rpc.say(R"({"jsonrpc":"2.0","id":1,"method":"wait"})");
    m.rpc.session->close();
    m.waiting.front()->result(1);
    CHECK(m.rpc.take().empty());
    m.rpc.say(R"({"jsonrpc":"2.0","id":2,"method":"wait"})");
    m.rpc.session.reset();
    m.waiting.back()->result(2);
    CHECK(m.rpc.take().empty());
}

TEST_CASE("bytes that are no UTF-8 in an answer are replaced, not fatal") {
    Methods m;
    const auto bad = m.registry.add("bad", "", "", [](const Json&, const ControlReplyPtr& r) { r->result("caf\xe9"); });
    const auto answers = m.rpc.say(R"({"jsonrpc":"2.0","id":1,"method":"bad"})");
    REQUIRE(answers.size() == 1);
    CHECK(answers[0]["result"] == "caf\xef\xbf\xbd");
}

TEST_CASE("an answer too large for one line is an error that says so") {
    Methods m;
    const auto large = m.registry.add("large", "", "", [](const Json&, const ControlReplyPtr& r) {
        r->result(std::string(RpcSession::kAnswerBytes, 'x'));
    });
    const auto answers = m.rpc.say(R"({"jsonrpc":"2.0","id":7,"method":"large"})");
    REQUIRE(code_of(answers) == kTooMany);
    CHECK(answers[0]["id"] == 7);
}

TEST_CASE("a stream answers, then notifies while its client is there and reads") {
    Methods m;
    ControlStreamPtr stream;
    bool closed = false;
    const auto method = m.registry.add_stream("watch", "", "", [&](const Json&, ControlStreamPtr s) {
        s->on_closed([&] { closed = true; });
        s->result("watching");
        stream = std::move(s);
    });
    CHECK(m.rpc.say(R"({"jsonrpc":"2.0","id":1,"method":"watch"})").at(0)["result"] == "watching");
    CHECK(m.rpc.session->is_streaming());
    CHECK(stream->notify("event", {{"n", 1}}));
    CHECK(m.rpc.take() == std::vector<Json>{{{"jsonrpc", "2.0"}, {"method", "event"}, {"params", {{"n", 1}}}}});
    m.rpc.room = false;
    CHECK_FALSE(stream->notify("event", {}));
    CHECK_FALSE(closed);
    m.rpc.session->close();
    CHECK(closed);
    m.rpc.room = true;
    CHECK_FALSE(stream->notify("event", {}));
}

TEST_CASE("system.methods lists what is registered now; a withdrawn method is gone, a name is taken once") {
    Methods m;
    const auto listed = [&] {
        std::set<std::string> names;
        const auto answers = m.rpc.say(R"({"jsonrpc":"2.0","id":1,"method":"system.methods"})");
        for (const Json& entry : answers.at(0).at("result")) names.insert(entry.at("method").get<std::string>());
        return names;
    };
    CHECK(listed().contains("math.add"));
    CHECK(listed().contains("system.methods"));
    m.add_.withdraw();
    CHECK_FALSE(listed().contains("math.add"));
    CHECK_THROWS_AS(m.registry.add("wait", "", "", {}), std::logic_error);
    CHECK(listed().contains("wait"));
}

}  // namespace viaduct::control
