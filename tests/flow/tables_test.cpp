// Modules that read tables of the operator: domains, aliases, groups and addresses, with real database and script.
// SPDX-License-Identifier: Apache-2.0
#include "town.hpp"

namespace viaduct::flow {

namespace {

const std::string kScript = R"lua(
local address, alias_db, auth = require "viaduct.address", require "viaduct.alias_db", require "viaduct.auth"
local group, registrar = require "viaduct.group", require "viaduct.registrar"
function on_request(req)
  if req.in_dialog then return req:relay() end
  if not address.allowed(req, 7) then
    local user, challenge = auth.verify(req)
    if not user then return challenge end
  end
  if req.method == "REGISTER" then return registrar.save(req) end
  if not req.uri:is_local() then
    local may, failure = group.has(req.from.uri, "pstn")
    if failure then return failure end
    return may and 480 or 403
  end
  local target, failure = alias_db.lookup(req.uri)
  if failure then return failure end
  if target then req.uri = target end
  return req:relay(registrar.lookup(req.uri))
end
)lua";

const std::string kModules =
    "[module.db_sqlite]\n[module.auth]\n[module.registrar]\n[module.domain]\n[module.alias_db]\n[module.group]\n"
    "[module.address]\n";

// A phone whose subscriber exists.
Phone& subscribed(Town& town, const std::string& name, const std::string& domain) {
    town.add_subscriber(name, "secret", domain);
    Phone& made = town.phone(name, Town::PhonePlace{.domain = domain});
    made.set_password("secret");
    return made;
}

}  // namespace

TEST_CASE("users of a domain of the table register, are challenged in its realm, and are called; others are not ours") {
    Town town{{.script_text = kScript, .workers = 2, .toml = kModules}};
    Phone& alice = subscribed(town, "alice", "example.test");
    Phone& bob = subscribed(town, "bob", "customer.test");
    REQUIRE(alice.registers() == 200);
    CHECK(bob.registers() == 404);
    town.change({Insert{"domain", {{"domain", "customer.test"}}}});
    CHECK(town.command("domain.reload")["domains"] == 1);
    CHECK(bob.registers() == 200);
    talk(alice, bob, "sip:bob@Customer.test");
    end_call(bob, alice);
    alice.sends("INVITE", "sip:bob@elsewhere.test");
    CHECK(alice.receives(403));
}

TEST_CASE("a call to an alias reaches the subscriber behind it") {
    Town town{{.script_text = kScript, .toml = kModules}};
    Phone& alice = subscribed(town, "alice", "example.test");
    Phone& bob = subscribed(town, "bob", "example.test");
    REQUIRE(alice.registers() == 200);
    REQUIRE(bob.registers() == 200);
    town.change({Insert{"dbaliases",
                        {{"alias_username", "+15551000"},
                         {"alias_domain", "example.test"},
                         {"username", "bob"},
                         {"domain", "example.test"}}}});
    talk(alice, bob, "sip:+15551000@example.test;user=phone");
}

TEST_CASE("members of a group may do what others may not") {
    Town town{{.script_text = kScript, .toml = kModules}};
    Phone& alice = subscribed(town, "alice", "example.test");
    REQUIRE(alice.registers() == 200);
    alice.sends("INVITE", "sip:+15559999@carrier.test");
    CHECK(alice.receives(403));
    town.change({Insert{"grp", {{"username", "alice"}, {"domain", "example.test"}, {"grp", "pstn"}}}});
    alice.sends("INVITE", "sip:+15559999@carrier.test");
    CHECK(alice.receives(480));
}

TEST_CASE("a peer known by its address needs no password") {
    Town town{{.script_text = kScript, .toml = kModules}};
    Phone& bob = subscribed(town, "bob", "example.test");
    REQUIRE(bob.registers() == 200);
    Phone& trunk = town.phone("trunk");
    trunk.sends("INVITE", "sip:bob@example.test");
    CHECK(trunk.receives(407));
    town.change(
        {Insert{"address", {{"grp", std::int64_t{7}}, {"ip_addr", "198.51.100.0"}, {"mask", std::int64_t{24}}}}});
    CHECK(town.command("address.reload")["addresses"] == 1);
    talk(trunk, bob, "sip:bob@example.test");
}

}  // namespace viaduct::flow
