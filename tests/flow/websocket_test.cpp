// SIP over WebSocket: calls of browsers, handshakes that are refused, silence, and frames as they should not be
// (RFC 6455, RFC 7118).
// SPDX-License-Identifier: Apache-2.0
#include "page.hpp"

namespace viaduct::flow {

namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using websocket::client_frame;
using websocket::close_frame;
using websocket::describe_frames;
using websocket::ping_frame;
using websocket::text_frame;

constexpr unsigned kText = 0x01, kContinuation = 0x00, kFinal = 0x80;  // RFC 6455 section 5.2

}  // namespace

TEST_CASE("a browser and a phone call each other, whoever hangs up (RFC 7118 section 5)") {
    Web web{GENERATE(1U, 4U)};
    Phone& alice = web.registered("alice", {.transport = Transport::ws});
    Phone& bob = web.registered("bob", {.transport = GENERATE(Transport::udp, Transport::tcp)});
    alice.sends("INVITE", bob.address_of_record());
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    const auto vias = invite->values(HeaderId::via);
    REQUIRE(vias.size() == 2);
    CHECK_THAT(std::string{vias[1]}, StartsWith("SIP/2.0/WS alice.invalid;") && Contains("received=198.51.100."));
    REQUIRE(bob.responds(180));
    CHECK(alice.receives(180));
    pick_up(bob, alice);
    end_call(bob, alice);

    talk(bob, alice);
    end_call(bob, alice);
    talk(bob, alice);
    bob.sends_in_dialog("INVITE");
    REQUIRE(alice.receives("INVITE"));
    pick_up(alice, bob);
    end_call(alice, bob);
    CHECK(web.count("viaduct_transport_unsent_total") == 0);
}

TEST_CASE("two browsers call each other; the one that is called gives up on CANCEL (RFC 3261 section 16.10)") {
    Web web{GENERATE(1U, 4U)};
    Phone& alice = web.registered("alice", {.transport = Transport::ws});
    Phone& bob = web.registered("bob", {.transport = Transport::ws});
    talk(alice, bob);
    end_call(bob, alice);
    ring(alice, bob);
    alice.cancels();
    CHECK(alice.receives(200));
    accept_cancel(bob);
    CHECK(alice.receives(487));
}

TEST_CASE("browsers whose connections four threads hold call each other, all at the same time") {
    Web web{4, {}, kOpenScript, Web::Threads::per_worker};
    std::vector<Phone*> browsers;
    for (int i = 0; i < 20; ++i)
        browsers.push_back(&web.registered("b" + std::to_string(i), {.transport = Transport::ws}));
    for (std::size_t i = 0; i < 20; i += 2) browsers[i]->sends("INVITE", browsers[i + 1]->address_of_record());
    for (std::size_t i = 0; i < 20; i += 2) pick_up(*browsers[i + 1], *browsers[i]);
    REQUIRE(web.count("viaduct_transport_sends_handed_over_total") > 0);
    for (std::size_t i = 1; i < 20; i += 2) browsers[i]->closes_connection();
    for (std::size_t i = 0; i < 20; i += 2) browsers[i]->hangs_up();
    web.advance(100ms);
    for (std::size_t i = 0; i < 20; i += 2) CHECK(browsers[i]->receives(430));  // RFC 5626 section 11.5
    CHECK(web.status().connections == 10);
}

TEST_CASE("a handshake that does not fit is refused with its status and counted, and may be tried again (RFC 7118)") {
    const auto [name, value, path, status, reason] =
        GENERATE(table<std::string, std::string, std::string, std::string, std::string>(
            {{"Origin", "https://evil.test", "/ws", "403", "origin"},
             {"Origin", "https://phone.example.test.evil.test", "/ws", "403", "origin"},
             {"Host", "other.test", "/ws", "403", "host"},
             {"", "", "/other", "404", "path"},
             {"Sec-WebSocket-Protocol", "", "/ws", "400", "subprotocol"},
             {"Sec-WebSocket-Protocol", "chat, sipx", "/ws", "400", "subprotocol"},
             {"Sec-WebSocket-Key", "short", "/ws", "400", "key"},
             {"Sec-WebSocket-Version", "8", "/ws", "426", "version"}}));
    CAPTURE(name, value, path);
    Web web{1, "paths = [\"/ws\"]\nhosts = [\"example.test\"]\norigins = [\"https://*.example.test\"]\n"};
    Visitor visitor{web};
    CHECK(statuses(visitor.says(handshake(name, value, path))) == status);
    CHECK(web.refused(reason) == 1);
    CHECK(web.count("viaduct_websocket_handshakes_total") == 0);
    const std::string accepted = visitor.says(handshake());
    CHECK(statuses(accepted) == "101");
    CHECK_THAT(accepted, Contains("Sec-WebSocket-Protocol: sip\r\n", Catch::CaseSensitive::No));
    CHECK_THAT(accepted, Contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));  // RFC 6455 section 1.3
    CHECK_THAT(describe_frames(visitor.says(text_frame(of_a_page("REGISTER")))), StartsWith("text:SIP/2.0 200 "));
}

TEST_CASE("the script is asked about a handshake, may wait, and refuses it with a status of its own") {
    Web web{1, {}, kOpenScript + R"lua(
local timer = require "viaduct.timer"
function on_handshake(handshake)
  timer.sleep(2)
  if handshake.query ~= "token=good" then return 401 end
end
)lua"};
    Visitor visitor{web};
    CHECK(visitor.says(handshake({}, {}, "/ws?token=bad")).empty());
    web.advance(2s);
    CHECK(statuses(visitor.hears()) == "401");
    CHECK(web.refused("script") == 1);
    // What the page says before it was let in waits.
    CHECK(visitor.says(handshake({}, {}, "/ws?token=good") + text_frame(of_a_page("REGISTER"))).empty());
    web.advance(2s);
    const std::string answer = visitor.hears();
    CHECK(statuses(answer) == "101");
    CHECK_THAT(answer, Contains("SIP/2.0 200 "));
}

TEST_CASE("a visitor who leaves while the script thinks about his handshake is no harm") {
    Web web{1, {}, kOpenScript + "function on_handshake() require('viaduct.timer').sleep(2) end"};
    {
        Visitor visitor{web};
        CHECK(visitor.says(handshake()).empty());
    }
    web.advance(5s);
    CHECK(web.count("viaduct_websocket_handshakes_total") == 0);
    CHECK(web.status().connections == 0);
}

TEST_CASE("a browser that only answers pings stays, and is called; one that answers none is gone, with its binding") {
    Web web;
    Phone& alice = web.registered("alice", {.transport = Transport::ws});
    Phone& bob = web.registered("bob");
    Page mute{web};
    REQUIRE_THAT(mute.told(text_frame(of_a_page("REGISTER"))), StartsWith("text:SIP/2.0 200 "));
    bob.sends("INVITE", "sip:mallory@example.test");
    CHECK_THAT(mute.told(), StartsWith("text:INVITE sip:mallory@m.invalid;transport=ws "));
    bob.cancels();
    web.run();
    mute.hears();

    web.advance(29s);
    CHECK(mute.told().empty());
    web.advance(2s);
    CHECK(mute.told() == "ping:");
    web.advance(43s);
    CHECK(mute.is_connected());
    web.advance(2s);
    CHECK(mute.told() == "close:1001");
    CHECK_FALSE(mute.is_connected());
    CHECK(web.closed("idle") == 1);
    bob.sends("INVITE", "sip:mallory@example.test");
    CHECK(bob.receives(480));

    web.advance(30min);
    CHECK(heard(alice, "ping") > 50);
    talk(bob, alice);
    end_call(bob, alice);
}

TEST_CASE(
    "a ping is answered by a pong with its payload, also between the frames of a message (RFC 6455 section 5.5)") {
    Web web;
    Page page{web};
    CHECK(page.told(ping_frame("are you there")) == "pong:are you there");
    const std::string message = of_a_page("REGISTER");
    CHECK(page.told(client_frame(kText, message.substr(0, 100))).empty());
    CHECK(page.told(ping_frame("still")) == "pong:still");
    CHECK(page.told(client_frame(kContinuation, message.substr(100, 30))).empty());
    CHECK_THAT(page.told(client_frame(kFinal | kContinuation, message.substr(130))), StartsWith("text:SIP/2.0 200 "));
}

TEST_CASE("a page that pings too often is shown the door") {
    Web web{1, "pings_per_second = 10\n"};
    Page page{web};
    for (int i = 0; i < 10; ++i) CHECK(page.told(ping_frame("x")) == "pong:x");
    CHECK(page.told(ping_frame("x")) == "close:1008");
    CHECK(web.closed("policy_violation") == 1);
}

TEST_CASE("frames that break the rules end the connection with the code for it, and take no call along") {
    const auto [bytes, code, reason] = GENERATE(table<std::string, std::string, std::string>(
        {{client_frame(kFinal | kText, std::string(70'000, 'x')), "1009", "message_too_big"},
         {client_frame(kText, std::string(40'000, 'x')) + client_frame(kContinuation, std::string(40'000, 'x')), "1009",
          "message_too_big"},
         {std::string{"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10} + "mask", "1009", "message_too_big"},
         {std::string{"\x81\x02hi", 4}, "1002", "protocol_error"},               // not masked, section 5.1
         {client_frame(kFinal | kContinuation, "x"), "1002", "protocol_error"},  // of nothing, section 5.4
         {client_frame(kText, "R") + text_frame("R"), "1002", "protocol_error"},
         {client_frame(0xc1, "x"), "1002", "protocol_error"},          // RSV1, section 5.2
         {client_frame(0x09, "x"), "1002", "protocol_error"},          // a ping in pieces, section 5.5
         {text_frame("OPTIONS \xff\xfe"), "1007", "invalid_payload"},  // section 8.1
         {text_frame("{\"jsonrpc\":\"2.0\"}"), "1003", "unsupported_data"}}));
    CAPTURE(code, reason);
    Web web;
    Phone& alice = web.registered("alice", {.transport = Transport::ws});
    Phone& bob = web.registered("bob");
    Page page{web};
    talk(alice, bob);
    CHECK(page.told(bytes) == "close:" + code);
    CHECK_FALSE(page.is_connected());
    CHECK(web.closed(reason) == 1);
    end_call(bob, alice);
}

TEST_CASE("a message must be whole in time, though its frames come one by one") {
    Web web;
    Page page{web};
    const std::string message = of_a_page("REGISTER");
    CHECK(page.told(client_frame(kText, message.substr(0, 1))).empty());
    for (std::size_t second = 1; second < 10; ++second) {
        web.advance(1s);
        CHECK(page.told(client_frame(kContinuation, message.substr(second, 1))).empty());
    }
    web.advance(1s);
    CHECK(page.told() == "close:1008");
    CHECK_FALSE(page.is_connected());
}

TEST_CASE(
    "a caller who says Close while it rings is let go; should the phone answer just then, nothing of the call stays") {
    Web web{GENERATE(1U, 4U)};
    Phone& bob = web.registered("bob");
    Page alice{web};
    const std::string invite = of_a_page("INVITE");
    alice.told(text_frame("INVITE sip:bob@" + invite.substr(invite.find("example.test"))));
    REQUIRE(bob.receives("INVITE"));
    REQUIRE(bob.responds(180));
    CHECK_THAT(alice.told(), Contains("text:SIP/2.0 180 "));
    CHECK(alice.told(close_frame(1001)) == "close:1001");
    CHECK_FALSE(alice.is_connected());
    CHECK(web.closed("peer") == 1);
    REQUIRE(bob.receives("CANCEL"));
    REQUIRE(bob.responds(200));  // to the CANCEL, which came too late:
    REQUIRE(bob.responds(200));
    web.advance(1min);
    const auto left = web.status();
    CHECK(left.requests == 0);
    CHECK(left.server_transactions == 0);
    CHECK(left.client_transactions == 0);
}

TEST_CASE("a callee who says Close while it rings has left: the caller hears 480 at once (RFC 5626 section 7)") {
    Web web{GENERATE(1U, 4U)};
    Phone& bob = web.registered("bob");
    Page alice{web};
    REQUIRE_THAT(alice.told(text_frame(of_a_page("REGISTER"))), StartsWith("text:SIP/2.0 200 "));
    bob.sends("INVITE", "sip:mallory@example.test");
    REQUIRE_THAT(alice.told(), StartsWith("text:INVITE "));
    CHECK(alice.told(close_frame(1000, "bye") + ping_frame("after it nothing counts")) == "close:1000");
    web.advance(100ms);
    CHECK(bob.receives(480));
}

TEST_CASE("while the server shuts down an open WebSocket goes on, and no other is opened") {
    Web web;
    Page page{web};
    web.server().workers().post(0, [&] { web.server().drain([] {}); });
    web.advance(1s);
    CHECK(page.told(ping_frame("x")) == "pong:x");  // who is there may end what he began
    Visitor late{web};
    CHECK(statuses(late.says(handshake())) == "503");
    CHECK(web.refused("draining") == 1);
}

}  // namespace viaduct::flow
