// The first call: two phones register, call each other, hang up; the default script decides.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "server/simulated_server.hpp"

using namespace viaduct;
using server::SimulatedServer;

namespace {

const std::string kMain = VIADUCT_SOURCE_DIR "/scripts/main.lua";

struct Town {
    explicit Town(Transport transport = Transport::udp, unsigned workers = 1)
        : server{{.script = kMain, .workers = workers}},
          alice{server.phone("alice", transport)},
          bob{server.phone("bob", transport)} {
        for (auto* phone : {&alice, &bob}) {
            server.add_subscriber(phone->name(), "secret");
            phone->set_password("secret");
            REQUIRE(phone->registers() == 200);
        }
    }
    SimulatedServer server;
    simulation::Phone& alice;
    simulation::Phone& bob;
};

}  // namespace

TEST_CASE("a registered phone calls another, both talk, the caller hangs up") {
    const auto transport = GENERATE(Transport::udp, Transport::tcp);
    const unsigned workers = GENERATE(1U, 4U);
    Town town{transport, workers};
    auto& [server, alice, bob] = town;

    alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(bob.receives("INVITE"));
    server.advance(200ms);  // RFC 3261 section 17.2.1
    CHECK(alice.receives(100));
    REQUIRE(bob.responds(180));
    CHECK(alice.receives(180));
    REQUIRE(bob.responds(200));
    CHECK(alice.receives(200));
    alice.acknowledges();
    CHECK(bob.receives("ACK"));

    alice.hangs_up();
    CHECK(bob.receives("BYE"));
    REQUIRE(bob.responds(200));
    CHECK(alice.receives(200));
}

TEST_CASE(
    "a To tag lets nobody through the proxy: only a request along its own Record-Route of that call passes unasked") {
    Town town;
    auto& [server, alice, bob] = town;
    auto& stranger = server.phone("stranger");
    alice.sends("INVITE", "sip:bob@example.test", {{"Call-ID", "their-call"}});
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    const std::string record_route{invite->header("Record-Route").value_or("")};
    REQUIRE(bob.responds(200));
    REQUIRE(alice.receives(200));

    const auto asks = [&](const simulation::HeaderFieldList& header_fields) {
        auto fields = header_fields;
        fields.emplace_back("To", "<sip:gateway@198.51.100.99>;tag=made-up");
        stranger.sends("INVITE", "sip:0900@198.51.100.7", fields);  // bob's own address stands for a gateway
    };
    SECTION("without a Route") { asks({}); }
    SECTION("with a Route to this proxy") { asks({{"Route", "<sip:192.0.2.1:5060;lr>"}}); }
    SECTION("with another call's Record-Route") { asks({{"Route", record_route}}); }
    SECTION("with a mark of its own making") { asks({{"Route", "<sip:192.0.2.1:5060;lr;call=0>"}}); }
    SECTION("with the Record-Route and Call-ID of a call, without its tags") {
        asks({{"Route", record_route}, {"Call-ID", "their-call"}});
    }
    CHECK(stranger.receives(407));
    CHECK_FALSE(bob.receives("INVITE"));
    stranger.sends("ACK", "sip:0900@198.51.100.7", {{"To", "<sip:gateway@198.51.100.99>;tag=made-up"}});
    server.advance(1s);
    CHECK_FALSE(bob.receives("ACK"));
}

TEST_CASE("the callee hangs up through the same proxy") {
    Town town;
    auto& [server, alice, bob] = town;
    alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(bob.receives("INVITE"));
    REQUIRE(bob.responds(200));
    REQUIRE(alice.receives(200));
    alice.acknowledges();
    REQUIRE(bob.receives("ACK"));

    bob.hangs_up();
    REQUIRE(alice.receives("BYE"));
    REQUIRE(alice.responds(200));
    CHECK(bob.receives(200));
}

TEST_CASE("a busy phone's 486 reaches the caller, and is acknowledged to the phone by the proxy") {
    Town town;
    auto& [server, alice, bob] = town;
    alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(bob.receives("INVITE"));
    REQUIRE(bob.responds(486));
    CHECK(bob.receives("ACK"));
    CHECK(alice.receives(486));
}

TEST_CASE("a caller who gives up gets 487, the ringing phone a CANCEL (RFC 3261 section 9)") {
    Town town;
    auto& [server, alice, bob] = town;
    alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(bob.receives("INVITE"));
    REQUIRE(bob.responds(180));
    REQUIRE(alice.receives(180));
    alice.cancels();
    CHECK(alice.receives(200));  // to the CANCEL
    const auto cancel = bob.receives("CANCEL");
    REQUIRE(cancel);
    REQUIRE(bob.responds(200));  // to the CANCEL, the newest
    REQUIRE(bob.responds(487));  // to the INVITE
    CHECK(alice.receives(487));
}

TEST_CASE("a phone that nobody registered is answered 404, a stranger's domain 403") {
    Town town;
    auto& [server, alice, bob] = town;
    alice.sends("INVITE", "sip:carol@example.test");
    CHECK(alice.receives(404));
    alice.sends("INVITE", "sip:carol@elsewhere.test");
    CHECK(alice.receives(403));
}

TEST_CASE("a wrong password is refused, and does not register") {
    Town town;
    auto& [server, alice, bob] = town;
    server.add_subscriber("carol", "right");
    auto& carol = server.phone("carol");
    carol.set_password("wrong");
    CHECK(carol.registers() == 401);
    alice.sends("INVITE", "sip:carol@example.test");
    CHECK(alice.receives(404));
}
