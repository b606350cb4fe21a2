// Phones behind address translators: called where they were seen, kept reachable by pings (RFC 3581, RFC 5626).
// SPDX-License-Identifier: Apache-2.0
#include "town.hpp"

#include <viaduct/location.hpp>

namespace viaduct::flow {

namespace {

const std::string kScript = R"lua(
local nat, registrar = require "viaduct.nat", require "viaduct.registrar"
function on_request(req)
  nat.fix(req)
  if req.in_dialog then return req:relay() end
  if req.method == "REGISTER" then return registrar.save(req, req.to.uri.user) end
  return req:relay(registrar.lookup(req.uri))
end
)lua";

Town::PhonePlace behind_nat(Transport transport = Transport::udp) {
    return {.transport = transport, .contact_host = "192.168.1.20:5060"};
}

std::string pinging(const std::string& kind, const std::string& more = {}) {
    return with_modules("[module.nat]\nping = \"" + kind + "\"\nping_interval = \"30s\"\n" + more);
}

// The phone answers what it was sent, for that long.
void answers_pings(Town& town, Phone& phone, Duration time) {
    for (Duration past{}; past < time; past += 400ms) {  // before they are repeated
        town.advance(400ms);
        while (phone.receives("OPTIONS")) phone.responds(200);  // repeats, too
    }
}

bool is_registered(Town& town, const std::string& address_of_record) {
    return !town.server().services().require<Location>().lookup(address_of_record).empty();
}

}  // namespace

TEST_CASE("a phone behind NAT is called at the address it was seen at, with the contact it registered (RFC 3581)") {
    Town town{{.script_text = kScript}};
    auto& alice = town.registered("alice");
    auto& bob = town.registered("bob", behind_nat());
    alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->request_uri_text() == "sip:bob@192.168.1.20:5060");
}

TEST_CASE("a whole call between two phones behind NATs, over UDP and TCP, hung up from either side") {
    const auto transport = GENERATE(table<Transport, Transport>({{Transport::udp, Transport::udp},
                                                                 {Transport::tcp, Transport::udp},
                                                                 {Transport::udp, Transport::tcp},
                                                                 {Transport::tcp, Transport::tcp}}));
    const bool caller_hangs_up = GENERATE(true, false);
    Town town{{.script_text = kScript}};
    auto& alice = town.registered("alice", behind_nat(std::get<0>(transport)));
    auto& bob = town.registered("bob", behind_nat(std::get<1>(transport)));
    talk(alice, bob);
    caller_hangs_up ? end_call(alice, bob) : end_call(bob, alice);
}

TEST_CASE("the other phone is told an address that can be reached: Contact is rewritten in both directions") {
    Town town{{.script_text = kScript}};
    auto& alice = town.registered("alice", behind_nat());
    auto& bob = town.registered("bob", behind_nat());
    alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->header("Contact") == "<sip:alice@198.51.100.7:5060>");
    REQUIRE(bob.responds(200));
    const auto answer = alice.receives(200);
    REQUIRE(answer);
    CHECK(answer->header("Contact") == "<sip:bob@198.51.100.8:5060>");
}

TEST_CASE("the Contact of a phone that is not behind NAT is left alone") {
    Town town{{.script_text = kScript}};
    auto &alice = town.registered("alice"), &bob = town.registered("bob");
    alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->header("Contact") == "<" + alice.contact() + ">");
    CHECK(town.count("viaduct_nat_contacts_fixed_total") == 0);
}

TEST_CASE("a phone behind NAT that answers its pings stays registered as long as it asked") {
    Town town{{.script_text = kScript, .toml = pinging("options")}};
    auto& alice = town.registered("alice");
    auto& bob = town.registered("bob", behind_nat());
    answers_pings(town, bob, 10min);
    CHECK(is_registered(town, "sip:bob@example.test"));
    const auto pings = heard(bob, "OPTIONS");
    CHECK(pings >= 18);
    CHECK(pings <= 21);
    CHECK(heard(alice, "OPTIONS") == 0);  // not behind NAT
}

TEST_CASE("a phone behind NAT that answers three pings in a row with nothing is gone") {
    Town town{{.script_text = kScript, .toml = pinging("options")}};
    auto& alice = town.registered("alice");
    town.registered("bob", behind_nat());
    town.advance(90s);
    CHECK(is_registered(town, "sip:bob@example.test"));
    town.advance(4min);
    CHECK_FALSE(is_registered(town, "sip:bob@example.test"));
    alice.sends("INVITE", "sip:bob@example.test");
    CHECK(alice.receives(480));
}

TEST_CASE("any answer shows a phone that is alive: 404 to a ping keeps the binding") {
    Town town{{.script_text = kScript, .toml = pinging("options")}};
    auto& bob = town.registered("bob", behind_nat());
    for (int i = 0; i < 300; ++i) {
        town.advance(1s);
        while (bob.receives("OPTIONS")) bob.responds(404);
    }
    CHECK(is_registered(town, "sip:bob@example.test"));
}

TEST_CASE(
    "a ping goes down the phone's own connection, and CRLF pings are answered by the phone (RFC 5626 section 4.4.1)") {
    Town town{{.script_text = kScript, .toml = pinging("crlf")}};
    auto& bob = town.registered("bob", behind_nat(Transport::tcp));
    town.advance(3min);
    CHECK(heard(bob, "ping") >= 4);
    CHECK(is_registered(town, "sip:bob@example.test"));
}

TEST_CASE("ping_all pings everybody") {
    Town town{{.script_text = kScript, .toml = pinging("options", "ping_all = true\n")}};
    auto& alice = town.registered("alice");
    town.advance(40s);
    CHECK(alice.receives("OPTIONS"));
}

TEST_CASE("failures_before_removal = 0 never removes") {
    Town town{{.script_text = kScript, .toml = pinging("options", "failures_before_removal = 0\n")}};
    town.registered("bob", behind_nat());
    town.advance(20min);
    CHECK(is_registered(town, "sip:bob@example.test"));
}

TEST_CASE("pings end with the registration") {
    Town town{{.script_text = kScript, .toml = pinging("options")}};
    auto& bob = town.registered("bob", behind_nat());
    answers_pings(town, bob, 60s);
    REQUIRE(bob.registers(0) == 200);
    answers_pings(town, bob, 40s);
    const auto before = heard(bob, "OPTIONS");
    town.advance(5min);
    CHECK(heard(bob, "OPTIONS") == before);
}

TEST_CASE("a phone's CRLF keep-alive over TCP is answered with a pong (RFC 5626 section 4.4.1)") {
    Town town{{.script_text = kScript}};
    auto& bob = town.registered("bob", {.transport = Transport::tcp});
    bob.sends_bytes("\r\n\r\n");
    town.run();
    CHECK(heard(bob, "pong") == 1);
}

}  // namespace viaduct::flow
