// Which calls are up: counted, listed, limited, and ended even without a BYE; with real script and phones.
// SPDX-License-Identifier: Apache-2.0
#include "town.hpp"

namespace viaduct::flow {

namespace {

const std::string kFollowing = R"lua(
local dialog, registrar = require "viaduct.dialog", require "viaduct.registrar"
function on_request(req)
  if req.in_dialog then return req:relay() end
  if req.method == "REGISTER" then return registrar.save(req, req.to.uri.user) end
  if req.method == "OPTIONS" then return req:response(200, "calls " .. dialog.count(req.from.uri.user)) end
  if not dialog.follow(req, req.from.uri.user, 2) then return 486 end
  return req:relay(registrar.lookup(req.uri))
end
)lua";

class Street : public Town {
public:
    explicit Street(unsigned workers = 1, const std::string& settings = {})
        : Town{{.script_text = kFollowing,
                .workers = workers,
                .toml = "[module.db_sqlite]\n[module.registrar]\n[module.http]\n[module.websocket]\n[module.dialog]\n" +
                        settings,
                .web = true}} {}

    std::size_t calls() { return command("dialog.list")["total"]; }
};

}  // namespace

TEST_CASE("a call is listed while it rings and while it is up, whichever worker it lives on, and not after the BYE") {
    Street town{GENERATE(1U, 4U)};
    Phone& alice = town.registered("alice");
    Phone& bob = town.registered("bob");
    const bool caller_ends = GENERATE(true, false);
    alice.sends("INVITE", bob.address_of_record());
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    const json params{{"call_id", invite->call_id()}};
    CHECK(town.command("dialog.show", params)["calls"].at(0)["state"] == "calling");
    REQUIRE(bob.responds(180));
    REQUIRE(alice.receives(180));
    CHECK(town.command("dialog.show", params)["calls"].at(0)["state"] == "early");
    pick_up(bob, alice);
    town.advance(90s);  // longer than the INVITE's transaction
    const json call = town.command("dialog.list")["calls"].at(0);
    CHECK(call["state"] == "confirmed");
    CHECK(call["from"] == "sip:alice@example.test");
    CHECK(call["to"] == "sip:bob@example.test");
    CHECK(call["duration"] == 90);
    CHECK(call["profile"] == "alice");
    end_call(caller_ends ? alice : bob, caller_ends ? bob : alice);
    CHECK(town.calls() == 0);
    CHECK(town.command("dialog.show", params)["error"]["code"] == -32004);
    CHECK(town.count("viaduct_dialog_calls_answered_total") == 1);
}

TEST_CASE("calls that are not answered, refused, given up or left by their caller, are over with their INVITE") {
    Street town;
    Phone& alice = town.registered("alice");
    Phone& bob = town.registered("bob");
    alice.sends("INVITE", bob.address_of_record());
    REQUIRE(bob.receives("INVITE"));
    REQUIRE(bob.responds(486));
    REQUIRE(alice.receives(486));
    ring(alice, bob);
    alice.cancels();
    REQUIRE(alice.receives(200));
    town.advance(40s);
    CHECK(town.calls() == 0);
    Phone& carol = town.registered("carol", {.transport = Transport::ws});
    ring(carol, bob);
    CHECK(town.calls() == 1);
    carol.closes_connection();
    town.advance(100ms);
    CHECK(town.calls() == 0);
}

TEST_CASE("a user has as many calls as the script allows, over all workers; one that ends makes room") {
    Street town{4};
    Phone& alice = town.registered("alice");
    Phone& bob = town.registered("bob");
    talk(alice, bob);
    talk(alice, bob);
    alice.sends("INVITE", bob.address_of_record());
    CHECK(alice.receives(486));
    CHECK_FALSE(bob.receives("INVITE"));
    alice.sends("OPTIONS", "sip:example.test");
    const auto counted = alice.receives(200);
    REQUIRE(counted);
    CHECK(counted->reason() == "calls 2");
    bob.hangs_up();  // its newest call
    REQUIRE(alice.receives("BYE"));
    REQUIRE(alice.responds(200));
    REQUIRE(bob.receives(200));
    talk(alice, bob);
    CHECK(town.calls() == 2);
    CHECK(town.count("viaduct_dialog_refusals_total") == 1);
}

TEST_CASE("a call that never gets a BYE ends when nothing was heard of it for long, or its session has expired") {
    const auto [session, seconds] =
        GENERATE(table<std::string, int>({{"", 600}, {"90;refresher=uac", 122}, {"3600", 600}}));
    Street town{1, "longest = \"10m\"\n"};
    Phone& alice = town.registered("alice");
    Phone& bob = town.registered("bob");
    alice.sends("INVITE", bob.address_of_record());
    REQUIRE(bob.receives("INVITE"));
    REQUIRE(bob.responds(200, {{"Session-Expires", session}}));
    REQUIRE(alice.receives(200));
    alice.acknowledges();
    REQUIRE(bob.receives("ACK"));
    town.advance(std::chrono::seconds{seconds - 5});
    CHECK(town.calls() == 1);
    town.advance(20s);
    CHECK(town.calls() == 0);
}

TEST_CASE("a re-INVITE that is answered 481 ends the call; a challenged BYE does not") {
    Street town;
    Phone& alice = town.registered("alice");
    Phone& bob = town.registered("bob");
    talk(alice, bob);
    alice.hangs_up();
    REQUIRE(bob.receives("BYE"));
    REQUIRE(bob.responds(401));
    REQUIRE(alice.receives(401));
    town.advance(40s);
    CHECK(town.calls() == 1);
    SECTION("a BYE that nobody answers ends it") {
        alice.hangs_up();
        CHECK(town.calls() == 1);
        town.advance(40s);
        CHECK(town.calls() == 0);
        return;
    }
    bob.sends_in_dialog("INVITE");
    REQUIRE(alice.receives("INVITE"));
    REQUIRE(alice.responds(481));
    REQUIRE(bob.receives(481));
    town.run();
    CHECK(town.calls() == 0);
}

TEST_CASE("above most_calls a call is not followed, and the script decides what becomes of it") {
    Street town{1, "most_calls = 1\n"};
    Phone& alice = town.registered("alice");
    Phone& bob = town.registered("bob");
    Phone& carol = town.registered("carol");
    talk(alice, bob);
    carol.sends("INVITE", bob.address_of_record());
    CHECK(carol.receives(486));
    CHECK(town.calls() == 1);
}

}  // namespace viaduct::flow
