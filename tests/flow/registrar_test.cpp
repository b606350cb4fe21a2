// Registration as phones meet it (RFC 3261 section 10.3, RFC 3327, RFC 5626): what is asked, what is granted, who
// rings.
// SPDX-License-Identifier: Apache-2.0
#include "town.hpp"

#include <viaduct/location.hpp>

namespace viaduct::flow {

namespace {

// A REGISTER with these header fields instead of the phone's own; its answer.
Message registers(Phone& phone, const HeaderFieldList& header_fields) {
    while (phone.receives(0)) {
    }
    phone.sends("REGISTER", "sip:example.test", header_fields);
    auto answer = phone.receives(0);
    REQUIRE(answer);
    return *answer;
}

// Without Contact it only asks.
Message fetch(Phone& phone) { return registers(phone, {{"Contact", ""}}); }

std::string contact_parameter(const Message& answer, const std::string& uri, const char* name) {
    for (const auto value : answer.values(HeaderId::contact)) {
        const auto contact = NameAddress::parse(value);
        if (contact && contact->uri == uri) return std::string{contact->parameter(name).value_or("absent")};
    }
    return "no such contact";
}

std::size_t bindings(const Message& answer) { return answer.values(HeaderId::contact).size(); }

bool rings(Phone& caller, Phone& callee, const std::string& request_uri = "sip:bob@example.test") {
    caller.sends("MESSAGE", request_uri);
    const bool rang = callee.receives("MESSAGE").has_value();
    if (rang) REQUIRE(callee.responds(200));
    while (caller.receives(0)) {
    }
    return rang;
}

}  // namespace

TEST_CASE(
    "how long a binding lives: asked by Contact, else by Expires, else an hour, at most max_expires (RFC 3261 section "
    "10.3)") {
    struct Row {
        std::string contact, expires, granted;
    };
    const Row row =
        GENERATE(Row{"", "", "3600"}, Row{"", "600", "600"}, Row{";expires=120", "600", "120"},
                 Row{"", "999999", "7200"}, Row{";expires=4294967296", "", "7200"}, Row{";expires=soon", "", "3600"});
    CAPTURE(row.contact, row.expires);
    Town town{{.script_text = kOpenScript}};
    auto& bob = town.phone("bob");
    const auto answer =
        registers(bob, {{"Contact", "<" + bob.contact() + ">" + row.contact}, {"Expires", row.expires}});
    CHECK(answer.status() == 200);
    CHECK(contact_parameter(answer, bob.contact(), "expires") == row.granted);
    CHECK(answer.has(HeaderId::date));
}

TEST_CASE(
    "a registration too short is answered 423 with Min-Expires, and binds nothing (RFC 3261 section 10.3 step 7)") {
    Town town{{.script_text = kOpenScript}};
    auto& bob = town.phone("bob");
    const auto answer = registers(bob, {{"Expires", "59"}});
    CHECK(answer.status() == 423);
    CHECK(answer.header("Min-Expires") == "60");
    CHECK(bindings(fetch(bob)) == 0);
}

TEST_CASE("a binding ends with its time, unless it was refreshed (RFC 3261 section 10.3)") {
    Town town{{.script_text = kOpenScript}};
    auto &alice = town.registered("alice"), &bob = town.phone("bob");
    REQUIRE(bob.registers(60) == 200);
    town.advance(50s);
    REQUIRE(bob.registers(60) == 200);
    town.advance(55s);
    CHECK(rings(alice, bob));
    town.advance(6s);
    CHECK_FALSE(rings(alice, bob));
    CHECK(bindings(fetch(bob)) == 0);
}

TEST_CASE("expired bindings leave memory and database by themselves") {
    Town town{{.script_text = kOpenScript}};
    for (const char* name : {"a", "b", "c"}) REQUIRE(town.phone(name).registers(60) == 200);
    auto& location = town.server().services().require<Location>();
    CHECK(location.size() == 3);
    town.advance(70s);
    CHECK(location.size() == 0);
}

TEST_CASE("a fetch names all bindings with the time they have left, and changes none (RFC 3261 section 10.2.3)") {
    Town town{{.script_text = kOpenScript}};
    auto& bob = town.registered("bob");
    auto& desk = town.registered_as("bob", "desk");
    town.advance(100s);
    const auto answer = fetch(bob);
    CHECK(answer.status() == 200);
    CHECK(bindings(answer) == 2);
    CHECK(contact_parameter(answer, bob.contact(), "expires") == "3500");
    CHECK(contact_parameter(answer, desk.contact(), "expires") == "3500");
}

TEST_CASE("Expires 0 removes one binding and leaves the other (RFC 3261 section 10.2.2)") {
    Town town{{.script_text = kOpenScript}};
    auto &alice = town.registered("alice"), &bob = town.registered("bob");
    auto& desk = town.registered_as("bob", "desk");
    REQUIRE(bob.registers(0) == 200);
    CHECK_FALSE(rings(alice, bob));
    CHECK(rings(alice, desk));
}

TEST_CASE("* with Expires 0 removes all bindings; * with anything else is refused (RFC 3261 section 10.3 step 6)") {
    Town town{{.script_text = kOpenScript}};
    auto& bob = town.registered("bob");
    town.registered_as("bob", "desk");
    CHECK(registers(bob, {{"Contact", "*"}, {"Expires", "3600"}}).status() == 400);
    CHECK(registers(bob, {{"Contact", "*"}}).status() == 400);
    CHECK(registers(bob, {{"Contact", "*, <sip:bob@198.51.100.50>"}, {"Expires", "0"}}).status() == 400);
    CHECK(bindings(fetch(bob)) == 2);
    CHECK(registers(bob, {{"Contact", "*"}, {"Expires", "0"}}).status() == 200);
    CHECK(bindings(fetch(bob)) == 0);
}

TEST_CASE("an older REGISTER that comes late changes nothing (RFC 3261 section 10.3 step 7)") {
    Town town{{.script_text = kOpenScript}};
    auto& bob = town.phone("bob");
    const auto in_order = [&](const std::string& number, const std::string& expires) {
        return registers(bob, {{"Call-ID", "bobs-phone"}, {"CSeq", number + " REGISTER"}, {"Expires", expires}})
            .status();
    };
    CHECK(in_order("7", "600") == 200);
    CHECK(in_order("6", "0") == 500);
    CHECK(in_order("7", "0") == 500);
    CHECK(bindings(fetch(bob)) == 1);
    CHECK(in_order("8", "0") == 200);
    CHECK(bindings(fetch(bob)) == 0);
}

TEST_CASE(
    "a REGISTER whose 200 was lost is answered again and changes nothing; it needs no transaction (RFC 3261 section "
    "8.2.7)") {
    Town town{{.script_text = kOpenScript}};
    auto& bob = town.phone("bob");
    CHECK(registers(bob, {{"Call-ID", "bobs-phone"}, {"CSeq", "7 REGISTER"}, {"Expires", "600"}}).status() == 200);
    town.advance(4s);
    bob.repeats();
    const auto again = bob.receives(200);
    REQUIRE(again);
    CHECK_THAT(std::string{again->header("Contact").value_or("")}, Catch::EndsWith(";expires=596"));
    town.advance(30s);  // no phone repeats for so long: it counts wrongly
    bob.repeats();
    CHECK(bob.receives(500));
}

TEST_CASE("one faulty contact and none is registered (RFC 3261 section 10.3 step 7)") {
    Town town{{.script_text = kOpenScript}};
    auto& bob = town.phone("bob");
    const std::string good = "<" + bob.contact() + ">";
    CHECK(registers(bob, {{"Contact", good + ", <mailto:bob@example.test>"}}).status() == 400);
    CHECK(registers(bob, {{"Contact", good + ", <sip:bob@198.51.100.50>;expires=5"}}).status() == 423);
    CHECK(bindings(fetch(bob)) == 0);
}

TEST_CASE("no more than max_contacts; a refresh of those that are there passes") {
    Town town{{.script_text = kOpenScript, .toml = with_modules("[module.registrar]\nmax_contacts = 2\n")}};
    auto& bob = town.registered("bob");
    town.registered_as("bob", "desk");
    CHECK(registers(bob, {{"Contact", "<sip:bob@198.51.100.50>"}}).status() == 403);
    CHECK(bob.registers() == 200);
    CHECK(bindings(fetch(bob)) == 2);
}

TEST_CASE("an unknown option in Require is answered 420 (RFC 3261 section 10.3 step 2)") {
    Town town{{.script_text = kOpenScript}};
    auto& bob = town.phone("bob");
    const auto answer = registers(bob, {{"Require", "path, teleport"}});
    CHECK(answer.status() == 420);
    CHECK(answer.header("Unsupported") == "teleport");
}

TEST_CASE("somebody else's address of record is refused: 403 (RFC 3261 section 10.3 step 4)") {
    Town town{{.script_text = "local registrar = require 'viaduct.registrar'\n"
                              "function on_request(req) return registrar.save(req, 'mallory') end"}};
    auto& bob = town.phone("bob");
    CHECK(registers(bob, {}).status() == 403);
    CHECK(registers(bob, {{"To", "<sip:mallory@example.test>"}}).status() == 200);
}

TEST_CASE("an address of record in a domain that is not ours is answered 404 (RFC 3261 section 10.3 step 5)") {
    Town town{{.script_text = kOpenScript}};
    CHECK(registers(town.phone("bob"), {{"To", "<sip:bob@elsewhere.test>"}}).status() == 404);
}

TEST_CASE(
    "an address of record is compared without escapes, parameters and port; the user's case counts (RFC 3261 section "
    "10.3 step 5)") {
    Town town{{.script_text = "local registrar = require 'viaduct.registrar'\n"
                              "function on_request(req)\n"
                              "  if req.method == 'REGISTER' then return registrar.save(req, req.from.uri.user) end\n"
                              "  return req:relay(registrar.lookup(req.uri))\n"
                              "end"}};
    auto& alice = town.registered("alice");
    auto& bob = town.phone("bob");
    CHECK(registers(bob, {{"To", "<sip:%62ob@EXAMPLE.test:5060;user=ip>"}}).status() == 200);
    CHECK(rings(alice, bob));
    CHECK(rings(alice, bob, "sip:bo%62@example.test;transport=udp"));
    CHECK_FALSE(rings(alice, bob, "sip:Bob@example.test"));
}

TEST_CASE("two spellings of one contact are one binding (RFC 3261 section 19.1.4)") {
    Town town{{.script_text = kOpenScript}};
    auto& bob = town.phone("bob");
    registers(bob, {{"Contact", "<sip:bob@Desk.example.test:5070;transport=tcp;method=INVITE>"}});
    const auto answer = registers(bob, {{"Contact", "<sip:%62ob@desk.EXAMPLE.test:5070;method=INVITE;transport=TCP>"}});
    CHECK(bindings(answer) == 1);
}

TEST_CASE("contacts of equal right are tried by q, the best first (RFC 3261 section 20.10)") {
    Town town{{.script_text = script_for_calls(
                   "local order = {}\n"
                   "for _, contact in ipairs(contacts) do order[#order + 1] = contact.uri.user .. contact.q end\n"
                   "return req:response(480):header('X-Order', table.concat(order, ' '))")}};
    auto& bob = town.phone("bob");
    registers(bob, {{"Contact", "<sip:c@198.51.100.51>;q=0.25, <sip:a@198.51.100.52>, <sip:b@198.51.100.53>;q=0.5"}});
    auto& alice = town.registered("alice");
    alice.sends("INVITE", "sip:bob@example.test");
    const auto answer = alice.receives(480);
    REQUIRE(answer);
    CHECK(answer->header("X-Order") == "a1.0 b0.5 c0.25");
}

TEST_CASE("the same instance and reg-id replace a flow, another reg-id adds one (RFC 5626 section 6)") {
    Town town{{.script_text = kOpenScript}};
    auto& bob = town.phone("bob");
    const auto outbound = [&](const std::string& uri, const std::string& reg_id) {
        return registers(bob, {{"Supported", "path, outbound"},
                               {"Contact", "<" + uri + ">;+sip.instance=\"<urn:uuid:1>\";reg-id=" + reg_id}});
    };
    CHECK(bindings(outbound("sip:bob@198.51.100.61", "1")) == 1);
    CHECK(bindings(outbound("sip:bob@198.51.100.62", "2")) == 2);
    const auto moved = outbound("sip:bob@198.51.100.63", "1");
    CHECK(bindings(moved) == 2);
    CHECK(moved.header("Require") == "outbound");
    CHECK(contact_parameter(moved, "sip:bob@198.51.100.63", "reg-id") == "1");
    CHECK(contact_parameter(moved, "sip:bob@198.51.100.63", "+sip.instance") == "\"<urn:uuid:1>\"");
    CHECK(contact_parameter(moved, "sip:bob@198.51.100.61", "reg-id") == "no such contact");
}

TEST_CASE("Path is kept, and repeated in the answer to a phone that knows it (RFC 3327 section 5.3)") {
    Town town{{.script_text = kOpenScript}};
    auto& bob = town.phone("bob");
    const auto answer = registers(bob, {{"Path", "<sip:edge.test;lr>, <sip:core.test;lr>"}, {"Supported", "path"}});
    CHECK(answer.status() == 200);
    const auto path = answer.values(HeaderId::path);
    REQUIRE(path.size() == 2);
    CHECK(path[0] == "<sip:edge.test;lr>");
    CHECK(path[1] == "<sip:core.test;lr>");
}

TEST_CASE("a Path the phone did not ask for is answered 421 where the operator says so (RFC 3327 section 5.3)") {
    Town town{{.script_text = kOpenScript, .toml = with_modules("[module.registrar]\npath = \"require_421\"\n")}};
    auto& bob = town.phone("bob");
    const auto answer = registers(bob, {{"Path", "<sip:edge.test;lr>"}});
    CHECK(answer.status() == 421);
    CHECK(answer.header("Require") == "path");
}

TEST_CASE(
    "a TCP phone is called over the connection it registered from, whatever its Contact says (RFC 5626 section 5.3)") {
    Town town{{.script_text = kOpenScript}};
    auto& alice = town.registered("alice");
    auto& bob = town.phone("bob", {.transport = Transport::tcp, .contact_host = "10.0.0.9:49152"});
    REQUIRE(bob.registers() == 200);
    CHECK(rings(alice, bob));
    CHECK(town.count("viaduct_transport_connections_opened_total") == 0);
}

TEST_CASE("a TCP phone's binding goes when its connection closes, its other phone's stays") {
    Town town{{.script_text = kOpenScript}};
    auto& alice = town.registered("alice");
    auto& bob = town.registered("bob", {.transport = Transport::tcp});
    auto& desk = town.registered_as("bob", "desk", {.transport = Transport::tcp});
    bob.closes_connection();
    CHECK(rings(alice, desk));
    CHECK(heard(bob, "MESSAGE") == 0);
    CHECK(bindings(registers(desk, {{"Contact", ""}, {"To", "<sip:bob@example.test>"}})) == 1);
}

TEST_CASE("a phone that comes back on a new connection is called there") {
    Town town{{.script_text = kOpenScript}};
    auto& alice = town.registered("alice");
    auto& bob = town.registered("bob", {.transport = Transport::tcp});
    bob.closes_connection();
    town.run();
    REQUIRE(bob.registers() == 200);
    CHECK(rings(alice, bob));
}

TEST_CASE("bindings held in memory alone serve as well") {
    Town town{{.script_text = kOpenScript, .toml = with_modules("[module.registrar]\nstorage = \"memory\"\n")}};
    auto &alice = town.registered("alice"), &bob = town.registered("bob");
    CHECK(rings(alice, bob));
}

TEST_CASE("a user nobody registered has an empty target set: 480 (RFC 3261 section 16.5)") {
    Town town{{.script_text = kOpenScript}};
    auto& alice = town.registered("alice");
    alice.sends("INVITE", "sip:nobody@example.test");
    CHECK(alice.receives(480));
}

}  // namespace viaduct::flow
