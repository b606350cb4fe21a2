// Sets of destinations: who gets a call, what happens when one is dead, and how it comes back; with real database,
// script and probes.
// SPDX-License-Identifier: Apache-2.0
#include "town.hpp"

#include <set>

namespace viaduct::flow {

namespace {

// `choice`: the third argument of targets().
std::string trunk_script(const std::string& choice) {
    return R"lua(
local dispatcher = require "viaduct.dispatcher"
function on_request(req)
  if req.in_dialog then return req:relay() end
  local known, attributes = dispatcher.is_from(req, 1)
  if known then return req:response(200, attributes or "known") end
  local answer = 503
  for _, gateway in ipairs(dispatcher.targets(req, 1, )lua" +
           choice + R"lua()) do
    answer = req:relay(gateway, { answer_within = 3 })
    if answer.is_local then dispatcher.failed(1, gateway) end
    if answer.status ~= 408 and answer.status < 500 then break end
  end
  return answer
end
)lua";
}

const std::string kDispatcherModules = "[module.db_sqlite]\n[module.dispatcher]\n";

class Exchange : public Town {
public:
    explicit Exchange(const std::string& choice, unsigned workers = 1, const std::string& settings = {})
        : Town{{.script_text = trunk_script(choice), .workers = workers, .toml = kDispatcherModules + settings}} {}

    // A phone that plays a gateway, in set 1.
    Phone& gateway(const std::string& name, std::vector<ColumnValue> more = {}) {
        Phone& made = phone(name);
        std::string host = made.contact();  // sip:name@address
        host = "sip:" + host.substr(host.find('@') + 1);
        more.insert(more.end(), {{"setid", std::int64_t{1}}, {"destination", host}});
        change({Insert{"dispatcher", std::move(more)}});
        return made;
    }
    json set(const std::string& state, const Phone& gateway) {
        const std::string contact = gateway.contact();
        return command("dispatcher.set",
                       {{"state", state}, {"set", 1}, {"destination", "sip:" + contact.substr(contact.find('@') + 1)}});
    }
    std::string state(std::size_t row) { return command("dispatcher.dump").at(row).at("state"); }

    // Lets time pass a second at a time; those in `alive` answer the probes they hear.
    int pass(int seconds, const std::vector<Phone*>& alive, int status = 200) {
        int answered = 0;
        for (int i = 0; i < seconds; ++i) {
            advance(1s);
            for (Phone* one : alive) {
                std::set<std::string> probes;  // without repetitions
                while (const auto probe = one->receives("OPTIONS")) probes.emplace(probe->top_via()->branch);
                for (std::size_t probe = 0; probe < probes.size(); ++probe) REQUIRE(one->responds(status));
                answered += static_cast<int>(probes.size());
            }
        }
        return answered;
    }
};

// The caller's call is answered by that gateway, and ended.
void answered_by(Phone& caller, Phone& gateway, const std::string& number = "+15551000") {
    talk(caller, gateway, "sip:" + number + "@example.test");
    end_call(caller, gateway);
}

}  // namespace

TEST_CASE("a call goes on past a dead destination; dead, it gets no more calls; when it answers a probe it does") {
    Exchange town{"{ algorithm = \"priority\" }"};
    Phone& first = town.gateway("first", {{"priority", std::int64_t{10}}});
    Phone& second = town.gateway("second");
    Phone& alice = town.phone("alice");
    REQUIRE(town.command("dispatcher.reload")["destinations"] == 2);

    alice.sends("INVITE", "sip:+15551000@example.test");
    const auto invite = first.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->request_uri_text() == "sip:+15551000@198.51.100.7:5060");
    town.advance(3s);  // the first says nothing
    REQUIRE(second.receives("INVITE"));
    pick_up(second, alice);
    end_call(alice, second);
    CHECK(town.state(0) == "trying");

    town.pass(20, {&second});
    CHECK(town.state(0) == "inactive");
    CHECK(town.state(1) == "active");
    const auto asked = heard(first, "INVITE");
    answered_by(alice, second);
    CHECK(heard(first, "INVITE") == asked);

    town.pass(15, {&first, &second});
    CHECK(town.state(0) == "active");
    answered_by(alice, first);
}

TEST_CASE("who refuses a call is alive: a busy callee is not tried through the next destination, a 503 is") {
    Exchange town{"{ algorithm = \"priority\" }"};
    Phone& first = town.gateway("first");
    Phone& second = town.gateway("second");
    Phone& alice = town.phone("alice");
    town.command("dispatcher.reload");
    alice.sends("INVITE", "sip:+15551000@example.test");
    REQUIRE(first.receives("INVITE"));
    REQUIRE(first.responds(486));
    CHECK(alice.receives(486));
    CHECK_FALSE(second.receives("INVITE"));
    alice.sends("INVITE", "sip:+15551000@example.test");
    REQUIRE(first.receives("INVITE"));
    REQUIRE(first.responds(503));
    REQUIRE(second.receives("INVITE"));
    REQUIRE(second.responds(200));
    CHECK(alice.receives(200));
    CHECK(town.state(0) == "active");
}

TEST_CASE("calls take turns over all workers, each destination gets the same number") {
    Exchange town{"{ algorithm = \"round_robin\" }", 4};
    Phone& first = town.gateway("first");
    Phone& second = town.gateway("second");
    Phone& alice = town.phone("alice");
    town.command("dispatcher.reload");
    for (int call = 0; call < 12; ++call) {
        alice.sends("INVITE", "sip:+15551000@example.test");
        Phone& taken = first.receives("INVITE") ? first : second;
        REQUIRE(taken.responds(200));
        REQUIRE(alice.receives(200));
        alice.acknowledges();
    }
    CHECK(heard(first, "INVITE") == 6);
    CHECK(heard(second, "INVITE") == 6);
    CHECK(town.command("dispatcher.dump").at(0).at("selected") == 6);
}

TEST_CASE("the same text goes to the same destination whichever worker the request comes to") {
    Exchange town{"{ algorithm = \"hash\", key = req.from.uri.user }", 4};
    Phone& first = town.gateway("first");
    Phone& second = town.gateway("second");
    Phone& alice = town.phone("alice");
    town.command("dispatcher.reload");
    for (int call = 0; call < 8; ++call) {
        alice.sends("OPTIONS", "sip:+15551000@example.test");  // a Call-ID, and so a worker, of its own
        town.run();
    }
    CHECK(heard(first, "OPTIONS") + heard(second, "OPTIONS") == 8);
    CHECK((heard(first, "OPTIONS") == 0 || heard(second, "OPTIONS") == 0));
}

TEST_CASE("a destination is probed once for the whole server, and any answer but a server's failure shows it alive") {
    const int status = GENERATE(200, 404, 501);
    Exchange town{"{}", 4};
    Phone& only = town.gateway("only");
    town.command("dispatcher.reload");
    CHECK(town.pass(40, {&only}, status) == 4);
    CHECK(town.state(0) == "active");
    const json row = town.command("dispatcher.dump").at(0);
    CHECK(row.at("status") == status);
    town.pass(30, {&only}, 500);
    CHECK(town.state(0) == "inactive");
}

TEST_CASE(
    "disabled by command means no calls and no probes, inactive until a probe is answered; both are kept when the "
    "table is read again") {
    Exchange town{"{}"};
    Phone& only = town.gateway("only");
    Phone& alice = town.phone("alice");
    town.command("dispatcher.reload");
    CHECK(town.set("disabled", only).at("state") == "disabled");
    town.command("dispatcher.reload");
    CHECK(town.pass(60, {&only}) == 0);
    alice.sends("INVITE", "sip:+15551000@example.test");
    CHECK(alice.receives(503));
    town.set("active", only);
    answered_by(alice, only);
    town.set("inactive", only);
    alice.sends("INVITE", "sip:+15551000@example.test");
    CHECK(alice.receives(503));
    CHECK(town.pass(10, {&only}) == 1);
    answered_by(alice, only);
    CHECK(town.command("dispatcher.set",
                       {{"state", "trying"}, {"set", 1}, {"destination", "sip:a"}})["error"]["code"] == -32602);
    CHECK(town.command("dispatcher.set",
                       {{"state", "active"}, {"set", 9}, {"destination", "sip:a"}})["error"]["code"] == -32004);
}

TEST_CASE("what a row's flags say counts when they change, not each time the table is read") {
    Exchange town{"{}"};
    Phone& only = town.gateway("only", {{"flags", std::int64_t{4}}});
    town.command("dispatcher.reload");
    CHECK(town.state(0) == "disabled");
    town.set("active", only);
    town.command("dispatcher.reload");
    CHECK(town.state(0) == "active");
    town.change({Update{"dispatcher", {{"flags", std::int64_t{1}}}, {{"setid", std::int64_t{1}}}}});
    town.command("dispatcher.reload");
    CHECK(town.state(0) == "inactive");
    town.change({Delete{.table = "dispatcher", .where = {{"setid", std::int64_t{1}}}}});
    CHECK(town.command("dispatcher.reload")["destinations"] == 0);
    CHECK(town.command("dispatcher.dump").empty());
}

TEST_CASE("rows that cannot be used are left out, the others are used") {
    Exchange town{"{}"};
    Phone& only = town.gateway("only");
    Phone& alice = town.phone("alice");
    town.change({Insert{"dispatcher", {{"setid", std::int64_t{1}}, {"destination", "no uri"}}},
                 Insert{"dispatcher", {{"setid", std::int64_t{1}}, {"destination", "sip:198.51.100.7:5060"}}}});
    CHECK(town.command("dispatcher.reload")["destinations"] == 1);
    answered_by(alice, only);
}

TEST_CASE("only flagged rows are probed where the operator says so, none where the interval is 0") {
    const auto [settings, probes] = GENERATE(table<std::string, int>(
        {{"probe_flagged_only = true\n", 2}, {"probe_interval = 0\n", 0}, {"probe_interval = \"5s\"\n", 8}}));
    Exchange town{"{}", 1, settings};
    Phone& plain = town.gateway("plain");
    Phone& flagged = town.gateway("flagged", {{"flags", std::int64_t{8}}});
    town.command("dispatcher.reload");
    CHECK(town.pass(20, {&plain, &flagged}) == probes);
}

TEST_CASE("a setting that cannot be is refused with an example of one that can") {
    const auto [setting, example] = GENERATE(
        table<std::string, std::string>({{"probe_interval = \"500ms\"\n", "as in \"10s\""},
                                         {"probe_from = \"probe\"\n", "as in \"sip:probe@proxy.example.test\""}}));
    CHECK_THROWS_WITH((Exchange{"{}", 1, setting}), Catch::Contains(example));
}

TEST_CASE("as a route a destination gets the request with the Request-URI it had, statelessly too") {
    Town town{{.script_text = R"lua(
local dispatcher = require "viaduct.dispatcher"
function on_request(req)
  local proxy = dispatcher.targets(req, 2, { algorithm = "hash_call_id", as_route = true, limit = 1 })[1]
  if not proxy then return 503 end
  return req:forward(proxy)
end
)lua",
               .toml = kDispatcherModules}};
    Phone& alice = town.phone("alice");
    Phone& proxy = town.phone("proxy");
    town.change({Insert{"dispatcher", {{"setid", std::int64_t{2}}, {"destination", "sip:198.51.100.8"}}}});
    alice.sends("REGISTER", "sip:example.test");
    CHECK(alice.receives(503));
    town.advance(5min);  // the table is read again by itself
    town.run();
    alice.sends("REGISTER", "sip:example.test");
    const auto request = proxy.receives("REGISTER");
    REQUIRE(request);
    CHECK(request->request_uri_text() == "sip:example.test");
    CHECK(request->header("Route") == "<sip:198.51.100.8;lr>");
}

TEST_CASE("a request from a destination's address is known, with the attributes of its row") {
    Exchange town{"{}"};
    Phone& trunk = town.gateway("trunk", {{"attrs", "carrier=one"}});
    Phone& alice = town.phone("alice");
    town.command("dispatcher.reload");
    trunk.sends("INVITE", "sip:alice@example.test");
    const auto answer = trunk.receives(200);
    REQUIRE(answer);
    CHECK(answer->reason() == "carrier=one");
    alice.sends("INVITE", "sip:+15551000@example.test");
    CHECK(trunk.receives("INVITE"));
}

TEST_CASE("an option nobody knows is a script error, not a guess") {
    const std::string choice = GENERATE(as<std::string>{}, "{ algorithm = \"wieght\" }", "{ algoritm = \"weight\" }",
                                        "{ algorithm = \"hash\" }", "{ limit = 0 }");
    Exchange town{choice};
    town.gateway("only");
    Phone& alice = town.phone("alice");
    town.command("dispatcher.reload");
    alice.sends("INVITE", "sip:+15551000@example.test");
    CHECK(alice.receives(500));
}

TEST_CASE("scripts/examples/trunks.lua: subscribers call out with a password, gateways call in without one") {
    Town town{
        {.script = VIADUCT_SOURCE_DIR "/scripts/examples/trunks.lua",
         .toml = "[module.db_sqlite]\n[module.auth]\n[module.registrar]\n[module.dispatcher]\nprobe_interval = 0\n"}};
    Phone& alice = town.phone("alice");
    town.add_subscriber("alice", "secret");
    alice.set_password("secret");
    REQUIRE(alice.registers() == 200);
    Phone& dead = town.phone("dead");
    Phone& gateway = town.phone("gateway");
    const auto row = [&](const std::string& destination, const std::string& weight) {
        town.change({Insert{
            "dispatcher", {{"setid", std::int64_t{1}}, {"destination", destination}, {"attrs", "weight=" + weight}}}});
    };
    row("sip:198.51.100.8:5060", "100");
    row("sip:198.51.100.9:5060", "0");
    town.advance(5min);  // the table is read again

    alice.sends("INVITE", "sip:+15551000@example.test");
    REQUIRE(dead.receives("INVITE"));
    town.advance(3s);
    const auto invite = gateway.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->request_uri_text() == "sip:+15551000@198.51.100.9:5060");
    CHECK_FALSE(invite->has(HeaderId::proxy_authorization));
    REQUIRE(gateway.responds(200));
    CHECK(alice.receives(200));
    alice.acknowledges();

    talk(gateway, alice, "sip:alice@example.test");
    Phone& stranger = town.phone("stranger");
    stranger.sends("INVITE", "sip:+15551000@example.test");
    CHECK(stranger.receives(407));
}

}  // namespace viaduct::flow
