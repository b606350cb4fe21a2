// Shutting down without breaking off calls: new ones are refused, those under way are finished.
// SPDX-License-Identifier: Apache-2.0
#include "town.hpp"

namespace viaduct::flow {

namespace {

struct Closing {
    explicit Closing(const std::string& toml = {}, unsigned workers = 1)
        : town{{.script_text = kOpenScript, .workers = workers, .toml = toml}},
          alice{town.registered("alice")},
          bob{town.registered("bob")} {}
    void drain() {
        town.server().workers().post(0, [this] { town.server().drain([this] { drained = true; }); });
        town.run();
    }
    Town town;
    Phone& alice;
    Phone& bob;
    bool drained = false;
};

}  // namespace

TEST_CASE("a server that shuts down refuses new calls and registrations with 503 and Retry-After") {
    const unsigned workers = GENERATE(1U, 4U);
    Closing closing{{}, workers};
    closing.drain();
    closing.alice.sends("INVITE", "sip:bob@example.test");
    const auto refused = closing.alice.receives(503);
    REQUIRE(refused);
    CHECK(refused->has(HeaderId::retry_after));
    CHECK(closing.bob.registers() == 503);
    CHECK_FALSE(closing.bob.receives("INVITE"));
}

TEST_CASE("a call that rings when the server shuts down is finished first") {
    Closing closing;
    closing.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(closing.bob.responds(180));
    closing.drain();
    closing.town.advance(5s);
    CHECK_FALSE(closing.drained);
    REQUIRE(closing.bob.responds(200));
    REQUIRE(closing.alice.receives(200));
    closing.alice.acknowledges();
    CHECK(closing.bob.receives("ACK"));
    closing.town.advance(1s);
    CHECK(closing.drained);
}

TEST_CASE("who is talking can still hang up while the server shuts down") {
    Closing closing;
    talk(closing.alice, closing.bob);
    closing.drain();
    end_call(closing.bob, closing.alice);
}

TEST_CASE("a call that rings for longer than [server] drain is not waited for") {
    Closing closing{"drain = \"10s\"\n"};
    closing.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(closing.bob.responds(180));
    closing.drain();
    closing.town.advance(9s);
    CHECK_FALSE(closing.drained);
    closing.town.advance(2s);
    CHECK(closing.drained);
}

TEST_CASE("a server destroyed in the middle of calls, sleeps and waiting phones ends cleanly") {
    const auto threads =
        GENERATE(server::SimulatedEnvironment::Threads::one, server::SimulatedEnvironment::Threads::per_worker);
    Town town{{.script_text =
                   script_for_calls("if req.method == 'MESSAGE' then timer.sleep(60) end return req:relay(contacts)"),
               .workers = 4,
               .threads = threads}};
    std::vector<Phone*> phones;
    for (int i = 0; i < 10; ++i) {
        const auto transport = i % 2 == 0 ? Transport::udp : Transport::tcp;
        phones.push_back(&town.registered("p" + std::to_string(i), {.transport = transport}));
    }
    for (Phone* phone : phones) phone->sends("INVITE", "sip:p" + std::to_string(phones.size() / 2) + "@example.test");
    for (Phone* phone : phones) phone->sends("MESSAGE", "sip:p0@example.test");
    town.run();
    CHECK(town.status().requests == 20);
}

}  // namespace viaduct::flow
