// Calls between browsers and phones over the relay of this process: what each side is told of the media, and that
// nothing stays in the relay. Its sockets are real, on a loopback address of this process' own; no packet is sent.
// SPDX-License-Identifier: Apache-2.0
#include "town.hpp"

#include <unistd.h>

#include <set>

#include <fmt/format.h>

namespace viaduct::flow {

namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

// `options`: ", { always = true }".
std::string bridging(const std::string& options) {
    return R"lua(
local media, registrar = require "viaduct.media", require "viaduct.registrar"
function on_request(req)
  if req.in_dialog then return req:relay() end
  if req.method == "REGISTER" then return registrar.save(req, req.to.uri.user) end
  media.bridge(req)lua" +
           options + R"lua()
  return req:relay(registrar.lookup(req.uri))
end
)lua";
}

// Tests that run at the same time do not meet at a port.
std::string relay_address() {
    const auto number = static_cast<unsigned>(getpid());
    return fmt::format("127.{}.{}.{}", 1 + number / 62500 % 250, 1 + number / 250 % 250, 1 + number % 250);
}

const std::string kBrowser =
    "v=0\r\no=- 4611 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 8 0\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
    "a=ice-ufrag:Fx7q\r\na=ice-pwd:Zq4s0Vh2kK8nQb1mW6xYc3dT\r\na=setup:actpass\r\na=mid:0\r\na=sendrecv\r\na=rtcp-"
    "mux\r\n"
    "a=fingerprint:sha-256 "
    "01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F:20\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n";

std::string active(std::string description) { return description.replace(description.find("actpass"), 7, "active"); }

std::string phone_description(int port, const std::string& more = {}) {
    return fmt::format(
        "v=0\r\no=- 1 1 IN IP4 198.51.100.8\r\ns=-\r\nc=IN IP4 198.51.100.8\r\nt=0 0\r\nm=audio {} RTP/AVP 8 0\r\n{}",
        port, more);
}

struct Bridge : Town {
    explicit Bridge(unsigned workers = 1, const std::string& relay = {}, const std::string& options = {})
        : Town{{.script_text = bridging(options),
                .workers = workers,
                .toml = fmt::format("[module.db_sqlite]\n[module.registrar]\n[module.http]\n[module.websocket]\n"
                                    "[module.media]\n[module.media_relay]\naddress = [\"{}\"]\nthreads = 1\n{}",
                                    relay_address(), relay),
                .web = true}} {}

    Phone& browser(const std::string& name) {
        Phone& made = registered(name, {.transport = Transport::ws});
        made.describes(kBrowser);
        return made;
    }
    Phone& desk_phone(const std::string& name) {
        Phone& made = registered(name);
        made.describes(phone_description(4000));
        return made;
    }
    std::size_t relayed() { return command("media.list").at("calls").size(); }
    // The relay's threads have done what they were told: the list asks each of them.
    bool is_relay_empty() {
        const auto calls = relayed();
        const json stats = command("media.stats");
        CAPTURE(stats.dump());
        return calls == 0 && stats.at("calls") == 0 && stats.at("transports") == 0 && stats.at("ports_in_use") == 0;
    }
    std::uint64_t failed(const std::string& reason) const {
        return count("viaduct_media_failures_total", "reason=\"" + reason + "\"");
    }
};

bool is_for_a_phone(const std::string& description) {
    return description.find(" RTP/AVP ") != std::string::npos &&
           description.find("c=IN IP4 " + relay_address()) != std::string::npos &&
           description.find("a=ice-") == std::string::npos && description.find("a=fingerprint") == std::string::npos;
}

bool is_for_a_browser(const std::string& description) {
    return description.find("UDP/TLS/RTP/SAVPF") != std::string::npos &&
           description.find(relay_address()) != std::string::npos &&
           description.find("a=ice-ufrag:") != std::string::npos &&
           description.find("a=candidate:") != std::string::npos &&
           description.find("a=fingerprint:sha-") != std::string::npos;
}

// "40000 RTP/AVP 8 0"
std::string media_line(std::string_view description) {
    const auto at = description.find("m=audio ");
    return std::string{description.substr(at + 8, description.find('\r', at) - at - 8)};
}

}  // namespace

TEST_CASE(
    "a browser calls a phone: each is told of media it understands, at the relay, until one hangs up (RFC 3264)") {
    Bridge bridge{GENERATE(1U, 4U)};
    Phone& alice = bridge.browser("alice");
    Phone& bob = bridge.desk_phone("bob");
    const Message invite = ring(alice, bob);
    CHECK(is_for_a_phone(std::string{invite.body()}));
    const std::string answer{pick_up(bob, alice).body()};
    CHECK(is_for_a_browser(answer));
    CHECK_THAT(answer, Contains("a=setup:passive") && Contains("a=mid:0") && Contains("a=rtcp-mux"));
    CHECK(bridge.count("viaduct_media_branches_total", "media=\"relayed\"") == 1);

    const bool caller_ends = GENERATE(true, false);
    end_call(caller_ends ? alice : bob, caller_ends ? bob : alice);
    CHECK(bridge.is_relay_empty());
}

TEST_CASE("a phone calls a browser") {
    Bridge bridge;
    Phone& alice = bridge.browser("alice");
    Phone& bob = bridge.desk_phone("bob");
    alice.describes(active(kBrowser));
    const Message invite = ring(bob, alice);
    CHECK(is_for_a_browser(std::string{invite.body()}));
    CHECK(is_for_a_phone(std::string{pick_up(alice, bob).body()}));
    end_call(alice, bob);
    CHECK(bridge.is_relay_empty());
}

TEST_CASE("two phones of one network, and two browsers, reach each other without the relay") {
    Bridge bridge;
    Phone &alice = bridge.desk_phone("alice"), &bob = bridge.desk_phone("bob");
    Phone &carol = bridge.browser("carol"), &dave = bridge.browser("dave");
    for (const auto& [caller, callee] : {std::pair{&alice, &bob}, std::pair{&carol, &dave}}) {
        caller->sends("INVITE", callee->address_of_record());
        const auto invite = callee->receives("INVITE");
        REQUIRE(invite);
        CHECK(invite->body() == (caller == &alice ? phone_description(4000) : kBrowser));
        pick_up(*callee, *caller);
        end_call(*caller, *callee);
    }
    CHECK(bridge.count("viaduct_media_branches_total", "media=\"passed\"") == 2);
    CHECK(bridge.count("viaduct_media_relay_calls_total") == 0);
}

TEST_CASE("a call that comes to nothing leaves nothing in the relay: cancelled, refused, unanswered, connection lost") {
    Bridge bridge{GENERATE(1U, 4U)};
    Phone& alice = bridge.browser("alice");
    Phone& bob = bridge.desk_phone("bob");
    SECTION("the caller gives up") {
        ring(alice, bob);
        CHECK(bridge.relayed() == 1);
        alice.cancels();
        REQUIRE(alice.receives(200));
        accept_cancel(bob);
        REQUIRE(alice.receives(487));
    }
    SECTION("the caller's connection ends") {
        ring(alice, bob);
        CHECK(bridge.relayed() == 1);
        alice.closes_connection();
        bridge.advance(100ms);
        CHECK(bridge.is_relay_empty());  // the phone need not have said 487
        accept_cancel(bob);
    }
    SECTION("the callee refuses") {
        ring(alice, bob);
        REQUIRE(bob.responds(486));
        REQUIRE(alice.receives(486));
    }
    SECTION("the callee says nothing (RFC 3261 section 17.1.1.2)") {
        alice.sends("INVITE", bob.address_of_record());
        REQUIRE(bob.receives("INVITE"));
        CHECK(bridge.relayed() == 1);
        bridge.advance(33s);
        REQUIRE(alice.receives(408));
    }
    SECTION("the callee's connection ends") {
        ring(bob, alice);
        CHECK(bridge.relayed() == 1);
        alice.closes_connection();
        bridge.advance(100ms);
        REQUIRE(bob.receives(480));
    }
    SECTION("nobody is registered") {
        alice.sends("INVITE", "sip:nobody@example.test");
        REQUIRE(alice.receives(480));
    }
    bridge.run();
    CHECK(bridge.is_relay_empty());
}

TEST_CASE(
    "a call to a phone and a browser at once: each branch has its own description, and the loser leaves the relay") {
    Bridge bridge{GENERATE(1U, 4U)};
    Phone& alice = bridge.browser("alice");
    Phone& bob = bridge.desk_phone("bob");
    Phone& tablet = bridge.registered_as("bob", "tablet", {.transport = Transport::ws});
    tablet.describes(active(kBrowser));
    alice.sends("INVITE", bob.address_of_record());
    const auto to_bob = bob.receives("INVITE"), to_tablet = tablet.receives("INVITE");
    REQUIRE((to_bob && to_tablet));
    CHECK(is_for_a_phone(std::string{to_bob->body()}));
    CHECK(to_tablet->body() == kBrowser);
    CHECK(bridge.relayed() == 1);
    REQUIRE(bob.responds(180));
    REQUIRE(tablet.responds(200));
    const auto answer = alice.receives(200);
    REQUIRE(answer);
    CHECK(answer->body() == active(kBrowser));
    alice.acknowledges();
    accept_cancel(bob);
    bridge.run();
    CHECK(bridge.is_relay_empty());
    end_call(tablet, alice);
}

TEST_CASE(
    "two phones answer at the same time: the first is bridged, the second's 200 goes up, and each call ends alone") {
    Bridge bridge;
    Phone& alice = bridge.browser("alice");
    Phone& bob = bridge.desk_phone("bob");
    Phone& desk = bridge.registered_as("bob", "desk");
    desk.describes(phone_description(5000));
    alice.sends("INVITE", bob.address_of_record());
    REQUIRE(bob.receives("INVITE"));
    REQUIRE(desk.receives("INVITE"));
    REQUIRE(bob.responds(200));
    REQUIRE(desk.responds(200));  // the CANCEL was too late (RFC 3261 section 9.1)
    const auto first = alice.receives(200), second = alice.receives(200);
    REQUIRE((first && second));
    CHECK(is_for_a_browser(std::string{first->body()}));
    CHECK(first->to_tag() != second->to_tag());
    CHECK(bridge.relayed() == 1);
    alice.acknowledges();  // the second
    REQUIRE(desk.receives("ACK"));
    end_call(alice, desk);
    CHECK(bridge.relayed() == 1);
    end_call(bob, alice);
    CHECK(bridge.is_relay_empty());
}

TEST_CASE(
    "hold and resume: a re-INVITE of either side is rewritten for the other, and the ports stay (RFC 3264 section 8)") {
    Bridge bridge;
    Phone& alice = bridge.browser("alice");
    Phone& bob = bridge.desk_phone("bob");
    const std::string at_bob = media_line(ring(alice, bob).body());
    const std::string at_alice = media_line(pick_up(bob, alice).body());

    bob.describes(phone_description(4000, "a=sendonly\r\n"));
    alice.describes(active(kBrowser));
    bob.sends_in_dialog("INVITE");
    const auto hold = alice.receives("INVITE");
    REQUIRE(hold);
    CHECK(is_for_a_browser(std::string{hold->body()}));
    CHECK_THAT(std::string{hold->body()}, Contains("a=sendonly"));
    CHECK(media_line(hold->body()).substr(0, 5) == at_alice.substr(0, 5));
    const Message held = pick_up(alice, bob);
    CHECK(is_for_a_phone(std::string{held.body()}));
    CHECK(media_line(held.body()).substr(0, 5) == at_bob.substr(0, 5));

    alice.describes(kBrowser);
    alice.sends_in_dialog("INVITE");
    const auto resume = bob.receives("INVITE");
    REQUIRE(resume);
    CHECK(is_for_a_phone(std::string{resume->body()}));
    CHECK(is_for_a_browser(std::string{pick_up(bob, alice).body()}));
    CHECK(bridge.relayed() == 1);
    end_call(alice, bob);
    CHECK(bridge.is_relay_empty());
}

TEST_CASE("a re-INVITE that is refused leaves the call as it was (RFC 3261 section 14.1)") {
    Bridge bridge;
    Phone& alice = bridge.browser("alice");
    Phone& bob = bridge.desk_phone("bob");
    ring(alice, bob);
    pick_up(bob, alice);
    bob.sends_in_dialog("INVITE");
    REQUIRE(alice.receives("INVITE"));
    REQUIRE(alice.responds(488));
    CHECK(bob.receives(488));
    CHECK(bridge.relayed() == 1);
    end_call(alice, bob);
    CHECK(bridge.is_relay_empty());
}

TEST_CASE("an INVITE without a body: the 200 makes the offer, the ACK answers it (RFC 3261 section 13.2.1)") {
    Bridge bridge{GENERATE(1U, 4U)};
    Phone& alice = bridge.browser("alice");
    Phone& bob = bridge.desk_phone("bob");
    alice.describes({});
    alice.sends("INVITE", bob.address_of_record());
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->body().empty());
    CHECK(bridge.relayed() == 0);
    REQUIRE(bob.responds(200));
    const auto offer = alice.receives(200);
    REQUIRE(offer);
    CHECK(is_for_a_browser(std::string{offer->body()}));
    alice.acknowledges(active(kBrowser));
    const auto ack = bob.receives("ACK");
    REQUIRE(ack);
    CHECK(is_for_a_phone(std::string{ack->body()}));
    CHECK(bridge.relayed() == 1);
    end_call(bob, alice);
    CHECK(bridge.is_relay_empty());
}

TEST_CASE(
    "a relay that has no ports left: the branch fails with 503, which goes up as 500, and nothing stays (section "
    "16.7)") {
    Bridge bridge{1, "ports = \"40000-40001\"\n"};
    Phone &alice = bridge.browser("alice"), &carol = bridge.browser("carol");
    Phone& bob = bridge.desk_phone("bob");
    ring(carol, bob);
    alice.sends("INVITE", bob.address_of_record());
    CHECK(alice.receives(500));
    CHECK_FALSE(bob.receives("INVITE"));
    CHECK(bridge.failed("no_ports") == 1);
    CHECK(bridge.relayed() == 1);
    REQUIRE(bob.responds(486));
    REQUIRE(carol.receives(486));
    CHECK(bridge.is_relay_empty());
}

TEST_CASE(
    "a description the relay cannot read: 488, the phone never rings, and nothing stays (RFC 3261 section 21.4.26)") {
    const std::string description = GENERATE(as<std::string>{}, "v=0\r\nnothing of this is SDP\r\n",
                                             "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\nm=audio\r\n");
    Bridge bridge{1, {}, ", { always = true }"};
    Phone& alice = bridge.browser("alice");
    Phone& bob = bridge.desk_phone("bob");
    alice.describes(description);
    alice.sends("INVITE", bob.address_of_record());
    CHECK(alice.receives(488));
    CHECK_FALSE(bob.receives("INVITE"));
    CHECK(bridge.failed("bad_description") == 1);
    CHECK(bridge.is_relay_empty());
}

TEST_CASE("an answer without a common codec goes up as it is, for the caller to end the call; nothing stays") {
    Bridge bridge;
    Phone& alice = bridge.browser("alice");
    Phone& bob = bridge.desk_phone("bob");
    ring(alice, bob);
    const std::string strange =
        "v=0\r\no=- 1 1 IN IP4 198.51.100.8\r\ns=-\r\nc=IN IP4 198.51.100.8\r\nt=0 0\r\n"
        "m=audio 4000 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n";
    bob.describes(strange);
    CHECK(pick_up(bob, alice).body() == strange);
    CHECK(bridge.failed("in_response") == 1);
    end_call(alice, bob);
    CHECK(bridge.is_relay_empty());
}

TEST_CASE("a hundred calls at a time, of four workers, each with ports of its own, and none stays") {
    Bridge bridge{4};
    Phone& alice = bridge.browser("alice");
    Phone& bob = bridge.desk_phone("bob");
    std::set<std::string> lines;
    for (int call = 0; call < 100; ++call) {
        alice.sends("INVITE", bob.address_of_record());
        const auto invite = bob.receives("INVITE");
        REQUIRE(invite);
        lines.insert(media_line(invite->body()));
    }
    CHECK(lines.size() == 100);
    CHECK(bridge.relayed() == 100);
    for (int call = 0; call < 100; ++call) REQUIRE(bob.responds(603));
    bridge.run();
    CHECK(bridge.is_relay_empty());
}

}  // namespace viaduct::flow
