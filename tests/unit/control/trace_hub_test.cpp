// Watching a call from the control connection.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "control/trace_hub.hpp"
#include "rpc_lines.hpp"

namespace viaduct::control {
namespace {

using Json = nlohmann::json;

Message invite(std::string_view call_id, std::string_view from = "alice", std::string_view to = "bob") {
    auto message = Message::parse(
        "INVITE sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:" +
        std::string{from} + "@example.test>;tag=1\r\nTo: <sip:" + std::string{to} + "@example.test>\r\nCall-ID: " +
        std::string{call_id} + "\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(message.has_value());
    return std::move(*message);
}

struct Tracing {
    explicit Tracing(TraceHub::Settings settings = {})
        : hub{registry, rpc.loop.post(), settings, [this] { return clock; }} {}
    std::vector<Json> start(const Json& params) {
        return rpc.say(Json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "trace.start"}, {"params", params}}.dump());
    }
    // The events sent since the last time.
    std::vector<Json> events() {
        std::vector<Json> all;
        for (const Json& line : rpc.take()) {
            dropped += line.at("params").at("dropped").get<unsigned>();
            for (const Json& event : line.at("params").at("events")) all.push_back(event);
        }
        return all;
    }

    std::int64_t clock = 1000;
    unsigned dropped = 0;
    ControlRegistry registry;
    RpcLines rpc{registry};
    TraceHub hub;
    const Flow flow{.local = *SocketAddress::from_text("192.0.2.2:5060"),
                    .remote = *SocketAddress::from_text("192.0.2.1:5060")};
};

}  // namespace

TEST_CASE("nobody watches: no call is watched and nothing is kept") {
    Tracing t;
    CHECK_FALSE(t.hub.watches("a@x"));
    t.hub.message(true, invite("a@x"), t.flow);
    t.hub.decision("a@x", "main.lua:1", "relay");
    CHECK(t.events().empty());
}

TEST_CASE("messages and decisions of the watched call are sent, with time and place; others are not") {
    Tracing t;
    CHECK(t.start({{"call_id", "a@x"}}).at(0)["result"]["watching"] == "call_id");
    CHECK(t.hub.watches("a@x"));
    CHECK_FALSE(t.hub.watches("b@x"));
    t.hub.message(true, invite("a@x"), t.flow);
    t.clock = 1002;
    t.hub.decision("a@x", "main.lua:12", "relay to 1 target");
    t.hub.decision("b@x", "main.lua:13", "not ours");
    t.hub.message(false, Message::response_to(invite("a@x"), 180, "Ringing", "2"), t.flow);
    const auto events = t.events();
    REQUIRE(events.size() == 3);
    CHECK(events[0] == Json{{"time", 1000},
                            {"call_id", "a@x"},
                            {"kind", "received"},
                            {"where", "udp 192.0.2.1:5060 -> 192.0.2.2:5060"},
                            {"what", "INVITE sip:bob@example.test"}});
    CHECK(events[1] == Json{{"time", 1002},
                            {"call_id", "a@x"},
                            {"kind", "decision"},
                            {"where", "main.lua:12"},
                            {"what", "relay to 1 target"}});
    CHECK(events[2]["kind"] == "sent");
    CHECK(events[2]["where"] == "udp 192.0.2.2:5060 -> 192.0.2.1:5060");
    CHECK(events[2]["what"] == "180 Ringing (INVITE)");
}

TEST_CASE("the whole message is there when asked for") {
    Tracing t;
    t.start({{"call_id", "a@x"}, {"full", true}});
    t.hub.message(true, invite("a@x"), t.flow);
    CHECK(t.events().at(0)["message"].get<std::string>().find("Call-ID: a@x\r\n") != std::string::npos);
}

TEST_CASE("a user's calls are found by From and To, and followed from then on") {
    Tracing t;
    t.start({{"user", "alice"}});
    CHECK(t.hub.watches("whatever"));
    t.hub.decision("a@x", "main.lua:1", "before any message of it was seen");
    t.hub.message(true, invite("a@x", "alice", "bob"), t.flow);
    t.hub.message(true, invite("b@x", "carol", "alice"), t.flow);
    t.hub.message(true, invite("c@x", "carol", "bob"), t.flow);
    t.hub.decision("a@x", "main.lua:2", "relay");
    t.hub.decision("c@x", "main.lua:2", "relay");
    std::vector<std::string> seen;
    for (const Json& event : t.events())
        seen.push_back(event["call_id"].get<std::string>() + " " + event["kind"].get<std::string>());
    CHECK(seen == std::vector<std::string>{"a@x received", "b@x received", "a@x decision"});
}

TEST_CASE("a watcher that does not keep up loses the oldest events and is told how many") {
    Tracing t{{.watches = 1, .events = 20}};
    t.start({{"call_id", "a@x"}});
    for (int i = 0; i < 30; ++i) t.hub.decision("a@x", "", std::to_string(i));
    auto events = t.events();
    REQUIRE(events.size() == 20);
    CHECK(events.front()["what"] == "10");
    CHECK(events.back()["what"] == "29");
    CHECK(t.dropped == 10);
    t.rpc.room = false;  // the client's side is full
    t.hub.decision("a@x", "", "lost");
    CHECK(t.events().empty());
    t.rpc.room = true;
    t.hub.decision("a@x", "", "seen");
    CHECK(t.events().size() == 1);
    CHECK(t.dropped == 11);
}

TEST_CASE("a trace ends with its connection, and frees its place") {
    Tracing t{{.watches = 1, .events = 20}};
    t.start({{"call_id", "a@x"}});
    RpcLines other{t.registry};
    const std::string line = R"({"jsonrpc":"2.0","id":1,"method":"trace.start","params":{"call_id":"b@x"}})";
    CHECK(other.say(line).at(0)["error"]["code"] == kTooMany);
    t.rpc.session->close();
    CHECK_FALSE(t.hub.watches("a@x"));
    CHECK(other.say(line).at(0)["result"]["watching"] == "call_id");
    CHECK(t.hub.watches("b@x"));
}

TEST_CASE("one of call_id and user is needed, not both") {
    Tracing t;
    CHECK(t.start(Json::object()).at(0)["error"]["code"] == kInvalidParameters);
    CHECK(t.start({{"call_id", "a"}, {"user", "b"}}).at(0)["error"]["code"] == kInvalidParameters);
    CHECK(t.start({{"call_id", 5}}).at(0)["error"]["code"] == kInvalidParameters);
    CHECK_FALSE(t.hub.watches("a"));
}

TEST_CASE("a hub that went away before its connection leaves nothing behind") {
    ControlRegistry registry;
    RpcLines rpc{registry};
    {
        TraceHub hub{registry, rpc.loop.post(), {}, [] { return 0; }};
        rpc.say(R"({"jsonrpc":"2.0","id":1,"method":"trace.start","params":{"call_id":"a@x"}})");
        hub.decision("a@x", "", "posted, not sent");
    }
    CHECK(rpc.take().empty());
    rpc.session->close();
}

}  // namespace viaduct::control
