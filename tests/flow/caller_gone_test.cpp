// A caller who is gone before the phone was picked up: a browser cannot be told anything any more, so its call is
// called off; a TCP client may listen where its Via says (RFC 7118 section 5, RFC 3261 sections 16.10 and 18.2.2).
// SPDX-License-Identifier: Apache-2.0
#include "page.hpp"

namespace viaduct::flow {

namespace {

using Catch::Matchers::Contains;
using Threads = server::SimulatedEnvironment::Threads;

std::uint64_t callers_gone(const Town& town) {
    return town.count("viaduct_stack_failures_total", "reason=\"caller_gone\"");
}

void check_nothing_is_left(Town& town) {
    CHECK(town.status().requests == 0);
    town.advance(33s);
    const auto left = town.status();
    CHECK(left.server_transactions == 0);
    CHECK(left.client_transactions == 0);
}

// The INVITE of a page to bob, one of many.
std::string call_to_bob(int number) {
    std::string invite = of_a_page("INVITE");
    invite.replace(invite.find("example.test"), 0, "bob@");
    for (const std::string_view unique : {"z9hG4bKINVITE", "m-INVITE"})
        invite.insert(invite.find(unique) + unique.size(), std::to_string(number));
    return websocket::text_frame(invite);
}

}  // namespace

TEST_CASE("the tab of a web caller is closed while a desk phone rings: the ringing stops (RFC 3261 section 16.10)") {
    Web web{GENERATE(1U, 4U), {}, kOpenScript, GENERATE(Threads::one, Threads::per_worker)};
    Phone& alice = web.registered("alice", {.transport = Transport::ws});
    Phone& bob = web.registered("bob", {.transport = GENERATE(Transport::udp, Transport::tcp)});
    // On four workers some of these calls live elsewhere than their connection.
    for (int call = 0; call < 6; ++call) {
        ring(alice, bob);
        alice.closes_connection();
        web.run();
        accept_cancel(bob);
        REQUIRE(alice.registers() == 200);
    }
    CHECK(callers_gone(web) == 6);
    check_nothing_is_left(web);
    CHECK(web.count("viaduct_transport_unsent_total") == 0);  // the 487s are for nobody
    CHECK(web.count("viaduct_stack_failures_total") == 6);    // and wait for no ACK
    talk(alice, bob);
    end_call(bob, alice);
}

TEST_CASE("all phones a web caller let ring stop, and the script goes on to no other once she is gone") {
    Web web{1, {}, script_for_calls(R"lua(
  local answer = req:relay(contacts)
  return req:relay(registrar.lookup("sip:voicemail@example.test"))
)lua")};
    Phone& alice = web.registered("alice", {.transport = Transport::ws});
    Phone& desk = web.registered_as("bob", "desk");
    Phone& browser = web.registered_as("bob", "browser", {.transport = Transport::ws});
    Phone& voicemail = web.registered("voicemail");
    alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(desk.receives("INVITE"));
    REQUIRE(desk.responds(180));
    REQUIRE(browser.receives("INVITE"));
    REQUIRE(browser.responds(180));
    alice.closes_connection();
    web.run();
    accept_cancel(desk);
    accept_cancel(browser);
    web.advance(1s);
    CHECK_FALSE(voicemail.has_received("INVITE"));
    check_nothing_is_left(web);
}

TEST_CASE("a phone that has said nothing yet when the tab is closed is cancelled as it first speaks (section 9.1)") {
    Web web;
    Phone& alice = web.registered("alice", {.transport = Transport::ws});
    Phone& bob = web.registered("bob");
    alice.sends("INVITE", bob.address_of_record());
    REQUIRE(bob.receives("INVITE"));
    alice.closes_connection();
    web.run();
    CHECK_FALSE(bob.has_received("CANCEL"));
    REQUIRE(bob.responds(180));
    accept_cancel(bob);
    check_nothing_is_left(web);
}

TEST_CASE("a call whose script still waits when the tab is closed is dropped there, as by a CANCEL") {
    Web web{GENERATE(1U, 4U), {}, script_for_calls(R"lua(
  if req.method == "OPTIONS" then return shared.get("closed") and 202 or 404 end
  local closing <close> = setmetatable({}, { __close = function() shared.set("closed", true) end })
  timer.sleep(10)
  return req:relay(contacts)
)lua")};
    Phone& alice = web.registered("alice", {.transport = Transport::ws});
    Phone& bob = web.registered("bob");
    alice.sends("INVITE", bob.address_of_record());
    web.advance(1s);
    CHECK(web.status().requests == 1);
    bob.sends("OPTIONS", "sip:example.test");
    CHECK(bob.receives(404));
    alice.closes_connection();
    web.advance(100ms);
    CHECK(callers_gone(web) == 1);
    bob.sends("OPTIONS", "sip:example.test");
    CHECK(bob.receives(202));
    check_nothing_is_left(web);
    CHECK_FALSE(bob.has_received("INVITE"));
}

TEST_CASE("a browser that has crashed while it rings is noticed by its silence, and the ringing stops (RFC 6455)") {
    Web web;
    Phone& bob = web.registered("bob");
    Page page{web};
    page.told(call_to_bob(1));
    REQUIRE(bob.receives("INVITE"));
    REQUIRE(bob.responds(180));
    CHECK_THAT(page.told(), Contains("text:SIP/2.0 180 "));
    web.advance(1min);
    CHECK_FALSE(bob.has_received("CANCEL"));
    web.advance(30s);
    CHECK_FALSE(page.is_connected());
    accept_cancel(bob);
    check_nothing_is_left(web);
}

TEST_CASE("an INVITE that comes with the last bytes of its connection is heard before the end, on whatever worker") {
    Web web{4, {}, kOpenScript, GENERATE(Threads::one, Threads::per_worker)};
    Phone& bob = web.registered("bob");
    constexpr int kCalls = 12;
    for (int call = 0; call < kCalls; ++call) {
        Page page{web};
        page.says(call_to_bob(call) + websocket::close_frame(1001));
        CHECK_FALSE(page.is_connected());
        REQUIRE(bob.receives("INVITE"));
        REQUIRE(bob.responds(180));
        accept_cancel(bob);
    }
    CHECK(web.count("viaduct_worker_handed_over_total") > 0);
    CHECK(callers_gone(web) == kCalls);
    web.advance(1s);
    check_nothing_is_left(web);
}

TEST_CASE("a web caller who hung up and then closed the tab has cancelled, and is not counted as gone") {
    Web web{GENERATE(1U, 4U)};
    Phone& alice = web.registered("alice", {.transport = Transport::ws});
    Phone& bob = web.registered("bob");
    ring(alice, bob);
    alice.cancels();
    REQUIRE(alice.receives(200));
    alice.closes_connection();
    web.run();
    accept_cancel(bob);
    CHECK(callers_gone(web) == 0);
    check_nothing_is_left(web);
}

TEST_CASE("a call that is up survives the tab's connection: only what rings is called off") {
    Web web{GENERATE(1U, 4U)};
    Phone& alice = web.registered("alice", {.transport = Transport::ws});
    Phone& bob = web.registered("bob");
    talk(alice, bob);
    alice.closes_connection();
    web.advance(1s);
    CHECK(callers_gone(web) == 0);
    CHECK_FALSE(bob.has_received("CANCEL"));
    end_call(alice, bob);
}

TEST_CASE("a caller over TCP whose connection ends is answered at the sent-by of its Via (RFC 3261 section 18.2.2)") {
    Town town{{.script_text = kOpenScript, .workers = GENERATE(1U, 4U)}};
    Phone& alice = town.registered("alice", {.transport = Transport::tcp});
    Phone& bob = town.registered("bob");
    ring(alice, bob);
    alice.closes_connection();
    town.advance(10s);
    CHECK_FALSE(bob.has_received("CANCEL"));
    CHECK(callers_gone(town) == 0);
    pick_up(bob, alice);
    end_call(bob, alice);
}

}  // namespace viaduct::flow
