// ice: lite and full agents against each other, restart, consent, roles, and what strangers may not do.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "modules/media_relay/ice/stun_checksums.hpp"
#include "modules/media_relay/ice/stun_writer.hpp"
#include "peer_bench.hpp"

using namespace viaduct;
using namespace viaduct::media_relay;

namespace {

constexpr TransactionId kTransaction{9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9};

// alice is full and offers; bob is what the test says. Two host candidates of alice.
struct Pair {
    explicit Pair(IceMode bobs = IceMode::lite) {
        alice.local.ice = IceMode::full;
        bob.local.ice = bobs;
    }
    void connect(Duration within = 3s) {
        negotiate(alice, bob);
        wire.run_for(within);
        REQUIRE(alice.had(PeerEvent::connected));
        REQUIRE(bob.had(PeerEvent::connected));
    }
    void talk() {
        const std::size_t at_alice = alice.heard.size(), at_bob = bob.heard.size();
        CHECK(alice.say(++sequence));
        CHECK(bob.say(sequence));
        wire.run_for(100ms);
        CHECK(alice.heard.size() == at_alice + 1);
        CHECK(bob.heard.size() == at_bob + 1);
    }
    // What a stranger, or the peer by other means, sends to bob.
    void check_bob(const SocketAddress& from, StunWriter& writer) {
        const Bytes bytes = writer.bytes();
        bob.receive(0, from, {bytes.begin(), bytes.end()});
    }
    StunWriter check_of_alice() const {
        StunWriter writer{StunClass::request, kTransaction};
        writer.add_username(bob.local.credentials.ufrag + ':' + alice.local.credentials.ufrag);
        return writer;
    }
    IceState ice(const Peer& peer) const { return *peer.transport.state().ice; }
    SocketAddress goes_to(const Peer& peer) const { return peer.transport.state().remote->remote; }

    Wire wire;
    Peer alice{wire, {"192.0.2.1:4000", "198.51.100.1:4000"}}, bob{wire, {"192.0.2.2:5000"}};
    std::uint16_t sequence = 0;
};

std::optional<unsigned> error_of(Bytes bytes) {
    const auto message = StunMessage::parse(bytes);
    if (!message || message->kind() != StunClass::error) return std::nullopt;
    return message->error();
}

}  // namespace

TEST_CASE("a full agent finds its way to a lite one, and media follows the nominated pair (RFC 8445)") {
    Pair pair;
    pair.connect();
    CHECK(pair.goes_to(pair.alice) == address("192.0.2.2:5000"));
    CHECK(pair.goes_to(pair.bob) == address("192.0.2.1:4000"));
    CHECK(pair.ice(pair.alice) == IceState::connected);
    CHECK(pair.ice(pair.bob) == IceState::connected);
    pair.talk();
}

TEST_CASE("two full agents agree on one pair, whoever controls (RFC 8445 section 8.1.1)") {
    Pair pair{IceMode::full};
    SECTION("alice offers") { negotiate(pair.alice, pair.bob); }
    SECTION("bob offers") { negotiate(pair.bob, pair.alice); }
    pair.wire.run_for(3s);
    REQUIRE(pair.alice.had(PeerEvent::connected));
    REQUIRE(pair.bob.had(PeerEvent::connected));
    CHECK(pair.goes_to(pair.bob) == pair.alice.local.sockets[pair.alice.transport.state().remote->socket].address);
    pair.talk();
}

TEST_CASE("checks come through when half of all datagrams are lost for a while (RFC 8445 section 14.3)") {
    Pair pair{GENERATE(IceMode::lite, IceMode::full)};
    unsigned state = GENERATE(range(1U, 11U)), count = 0;
    pair.wire.lose = [&](auto&, auto&, Bytes) {
        state = state * 1664525U + 1013904223U;
        return ++count < 60 && state >> 31 != 0;
    };
    pair.connect(30s);
    pair.wire.lose = {};
    pair.talk();
}

TEST_CASE("a pair that does not work is passed over for one that does") {
    Pair pair{GENERATE(IceMode::lite, IceMode::full)};
    pair.wire.lose = [](const SocketAddress& from, const SocketAddress& to, Bytes) {
        return from == address("192.0.2.1:4000") || to == address("192.0.2.1:4000");
    };
    pair.connect(5s);
    CHECK(pair.goes_to(pair.bob) == address("198.51.100.1:4000"));
    pair.talk();
}

TEST_CASE("checks are paced: one every Ta (RFC 8445 section 14.2)") {
    Pair pair{IceMode::full};
    std::vector<TimePoint> times;
    pair.wire.lose = [&](const SocketAddress& from, auto&, Bytes) {
        if (from.port() == 4000) times.push_back(pair.wire.now);
        return true;
    };
    negotiate(pair.alice, pair.bob);
    pair.wire.run_for(400ms);
    REQUIRE(times.size() == 2);
    CHECK(times[1] - times[0] >= 50ms);
}

TEST_CASE("a candidate that is trickled later is checked (RFC 8838)") {
    Pair pair;
    pair.alice.set_local(Stage::offer);
    pair.bob.set_remote(pair.alice.description(), Stage::offer);
    pair.bob.set_local(Stage::answer);
    auto answer = pair.bob.description();
    const auto candidates = std::exchange(answer.candidates, {});
    pair.alice.set_remote(answer, Stage::answer);
    pair.wire.run_for(5s);
    CHECK_FALSE(pair.alice.had(PeerEvent::connected));
    pair.alice.transport.add_remote_candidate(candidates[0], "another", pair.wire.now);
    pair.wire.run_for(1s);
    CHECK_FALSE(pair.alice.had(PeerEvent::connected));
    pair.alice.transport.add_remote_candidate(candidates[0], pair.bob.local.credentials.ufrag, pair.wire.now);
    pair.wire.run_for(2s);
    CHECK(pair.alice.had(PeerEvent::connected));
    pair.talk();
}

TEST_CASE("checks that come before the peer's description are answered and remembered (RFC 8445 section 7.3)") {
    Pair pair{IceMode::full};
    pair.alice.set_local(Stage::offer);
    pair.bob.set_remote(pair.alice.description(), Stage::offer);
    pair.bob.set_local(Stage::answer);
    pair.wire.run_for(2s);  // bob checks, alice has no answer yet
    auto answer = pair.bob.description();
    answer.candidates.clear();  // so alice knows bob by his checks alone
    pair.alice.set_remote(answer, Stage::answer);
    pair.wire.run_for(3s);
    REQUIRE(pair.alice.had(PeerEvent::connected));
    pair.talk();
}

TEST_CASE("a peer behind a NAT is found as peer-reflexive (RFC 8445 section 7.3.1.3)") {
    Pair pair{GENERATE(IceMode::lite, IceMode::full)};
    pair.wire.translated[address("192.0.2.1:4000")] = address("203.0.113.9:61000");
    pair.wire.translated[address("198.51.100.1:4000")] = address("203.0.113.9:61001");
    pair.connect(5s);
    CHECK(pair.goes_to(pair.bob).ip() == "203.0.113.9");
    pair.talk();
}

TEST_CASE("RTP and RTCP have a pair each without rtcp-mux (RFC 8445 section 13)") {
    Wire wire;
    Peer alice{wire, {"192.0.2.1:4000", "192.0.2.1:4001"}}, bob{wire, {"192.0.2.2:5000", "192.0.2.2:5001"}};
    alice.local.ice = IceMode::full;
    bob.local.ice = GENERATE(IceMode::lite, IceMode::full);
    const auto without_mux = [](RemoteSide side) {
        side.rtcp_mux = false;
        return side;
    };
    alice.set_local(Stage::offer);
    bob.set_remote(without_mux(alice.description()), Stage::offer);
    bob.set_local(Stage::answer);
    alice.set_remote(without_mux(bob.description()), Stage::answer);
    wire.run_for(5s);
    CHECK(alice.transport.state().ice == IceState::connected);
    CHECK(bob.transport.state().ice == IceState::connected);
    CHECK(alice.say(1).to == address("192.0.2.2:5000"));
    CHECK(alice.report().to == address("192.0.2.2:5001"));
    wire.run_for(100ms);
    CHECK(bob.heard.size() == 1);
    CHECK(bob.reports == 1);
}

TEST_CASE("DTLS starts when a pair is selected, and its keys follow (RFC 5763 section 6.7.1)") {
    Pair pair{GENERATE(IceMode::lite, IceMode::full)};
    pair.alice.use_dtls(Setup::actpass);
    pair.bob.use_dtls(GENERATE(Setup::active, Setup::passive));
    bool selected = false, early = false;
    pair.wire.lose = [&](auto&, auto&, Bytes bytes) {
        selected |= pair.alice.transport.state().remote || pair.bob.transport.state().remote;
        early |= bytes[0] == 22 && !selected;
        return false;
    };
    pair.connect();
    CHECK_FALSE(early);
    pair.talk();
}

TEST_CASE("a restart moves to the new candidates; the former pair serves until then (RFC 8445 section 9)") {
    Pair pair{GENERATE(IceMode::lite, IceMode::full)};
    const bool with_dtls = GENERATE(false, true);
    if (with_dtls) {
        pair.alice.use_dtls(Setup::actpass);
        pair.bob.use_dtls(Setup::passive);
    }
    pair.connect();
    pair.talk();
    std::size_t handshakes = 0;
    pair.wire.lose = [&](auto&, auto&, Bytes bytes) {
        handshakes += bytes[0] >= 20 && bytes[0] <= 63;
        return false;
    };
    pair.alice.local.credentials = IceCredentials::make();
    pair.alice.local.sockets[0].address = pair.alice.local.sockets[0].advertised = address("203.0.113.1:7000");
    pair.alice.set_local(Stage::offer);
    pair.bob.set_remote(pair.alice.description(), Stage::offer);
    CHECK(pair.bob.say(++pair.sequence).to == address("192.0.2.1:4000"));
    pair.bob.local.credentials = IceCredentials::make();
    pair.bob.set_local(Stage::answer);
    pair.alice.set_remote(pair.bob.description(), Stage::answer);
    pair.wire.run_for(3s);
    CHECK(pair.ice(pair.alice) == IceState::connected);
    CHECK(pair.ice(pair.bob) == IceState::connected);
    CHECK(pair.goes_to(pair.bob) == address("203.0.113.1:7000"));
    CHECK(pair.bob.had(PeerEvent::remote_changed));
    CHECK(handshakes == 0);
    pair.talk();
}

TEST_CASE("a restarted peer that goes on naming our former credentials nominates with them; its former self does not") {
    Pair pair;
    pair.connect();
    const IceCredentials former_bob = pair.bob.local.credentials, former_alice = pair.alice.local.credentials;
    pair.alice.local.credentials = IceCredentials::make();
    pair.bob.set_remote(pair.alice.description(), Stage::offer);
    pair.bob.local.credentials = IceCredentials::make();
    pair.bob.set_local(Stage::answer);
    const auto nominates = [&](const std::string& alice_ufrag, const char* from) {
        StunWriter writer{StunClass::request, kTransaction};
        writer.add_username(former_bob.ufrag + ':' + alice_ufrag).add_priority(1000).add_use_candidate();
        writer.add_role(true, 1).add_integrity(former_bob.password).add_fingerprint();
        pair.check_bob(address(from), writer);
    };
    nominates(former_alice.ufrag, "203.0.113.1:7000");
    CHECK(pair.goes_to(pair.bob) != address("203.0.113.1:7000"));
    nominates(pair.alice.local.credentials.ufrag, "203.0.113.1:8000");
    CHECK(pair.goes_to(pair.bob) == address("203.0.113.1:8000"));
}

TEST_CASE("a full agent asks for consent every five seconds or so, and stops after thirty without (RFC 7675)") {
    Pair pair;
    pair.connect();
    std::vector<TimePoint> asked;
    pair.wire.lose = [&](const SocketAddress& from, auto&, Bytes bytes) {
        if (from.port() == 4000 && bytes[0] == 0) asked.push_back(pair.wire.now);
        return false;
    };
    pair.wire.run_for(60s);
    CHECK_FALSE(pair.alice.had(PeerEvent::consent_expired));
    CHECK_FALSE(pair.bob.had(PeerEvent::consent_expired));
    REQUIRE(asked.size() >= 10);
    for (std::size_t i = 1; i < asked.size(); ++i) {
        CHECK(asked[i] - asked[i - 1] >= 4s);
        CHECK(asked[i] - asked[i - 1] <= 6s);
    }
    pair.wire.lose = [](auto&, auto&, Bytes) { return true; };
    pair.wire.run_for(23s);  // the last answer may be six seconds old
    CHECK(pair.alice.say(1));
    pair.wire.run_for(10s);
    CHECK(pair.alice.had(PeerEvent::consent_expired));
    CHECK(pair.bob.had(PeerEvent::consent_expired));
    CHECK(pair.alice.say(2).reason == Drop::consent_expired);
    CHECK(pair.bob.say(2).reason == Drop::consent_expired);
}

TEST_CASE("a browser whose address changes nominates another pair, and media moves there (RFC 8445 section 8.1.1)") {
    Pair pair;
    pair.connect();
    const SocketAddress elsewhere = address("203.0.113.77:40000");
    auto check = pair.check_of_alice();
    check.add_priority(1).add_role(true, 1).add_integrity(pair.bob.local.credentials.password).add_fingerprint();
    pair.check_bob(elsewhere, check);
    CHECK(pair.goes_to(pair.bob) == address("192.0.2.1:4000"));  // a check alone moves nothing
    pair.wire.run_for(10s);
    auto nomination = pair.check_of_alice();
    nomination.add_priority(1).add_use_candidate().add_role(true, 1);
    nomination.add_integrity(pair.bob.local.credentials.password).add_fingerprint();
    pair.check_bob(elsewhere, nomination);
    CHECK(pair.goes_to(pair.bob) == elsewhere);
    CHECK(pair.bob.had(PeerEvent::remote_changed));
}

TEST_CASE("of a peer that nominates all it finds, the best pair stays (RFC 5245 section 8.1.1.2)") {
    Pair pair;
    pair.connect();
    const auto nominate = [&](const SocketAddress& from, std::uint32_t priority) {
        auto check = pair.check_of_alice();
        check.add_priority(priority).add_use_candidate().add_role(true, 1);
        check.add_integrity(pair.bob.local.credentials.password).add_fingerprint();
        pair.check_bob(from, check);
    };
    nominate(address("203.0.113.1:1000"), 2'000'000'000);
    nominate(address("203.0.113.1:2000"), 1'000'000'000);
    CHECK(pair.goes_to(pair.bob) == address("203.0.113.1:1000"));
    nominate(address("203.0.113.1:3000"), 2'000'000'001);
    CHECK(pair.goes_to(pair.bob) == address("203.0.113.1:3000"));
}

TEST_CASE("a controlling agent moves to another pair when the selected one falls silent") {
    Pair pair{IceMode::full};
    pair.connect();
    const SocketAddress dead = pair.alice.local.sockets[pair.alice.transport.state().remote->socket].address;
    pair.wire.lose = [&](const SocketAddress& from, const SocketAddress& to, Bytes) {
        return from == dead || to == dead;
    };
    pair.wire.run_for(28s);
    CHECK_FALSE(pair.alice.had(PeerEvent::consent_expired));
    CHECK(pair.goes_to(pair.bob) != dead);
    pair.talk();
}

TEST_CASE("both sides believe to control: the tie-breaker decides (RFC 8445 section 7.3.1.1)") {
    Pair pair{IceMode::full};
    // Each is told that its own description was the offer.
    pair.alice.set_local(Stage::offer);
    pair.bob.set_local(Stage::offer);
    pair.alice.set_remote(pair.bob.description(), Stage::answer);
    pair.bob.set_remote(pair.alice.description(), Stage::answer);
    pair.wire.run_for(5s);
    CHECK(pair.ice(pair.alice) == IceState::connected);
    CHECK(pair.ice(pair.bob) == IceState::connected);
    pair.talk();
}

TEST_CASE("an agent whose role is refused takes the other one than it had said (RFC 8445 section 7.2.5.1)") {
    Pair pair{IceMode::full};
    pair.bob.set_local(Stage::answer);
    auto offer = pair.bob.description();
    TransactionId transaction{};
    bool controlling = false;
    pair.wire.lose = [&](const SocketAddress& from, auto&, Bytes bytes) {
        const auto message = StunMessage::parse(bytes);
        if (from.port() != 4000 || !message || message->kind() != StunClass::request) return true;
        transaction = message->transaction();
        controlling = message->controlling().has_value();
        return true;
    };
    pair.alice.set_local(Stage::offer);
    pair.alice.set_remote(offer, Stage::answer);
    pair.wire.run_for(10ms);
    REQUIRE(controlling);
    for (int i = 0; i < 2; ++i) {  // a repeated 487 turns nothing back
        StunWriter conflict{StunClass::error, transaction};
        conflict.add_error(487, "Role Conflict").add_integrity(pair.bob.local.credentials.password).add_fingerprint();
        pair.alice.receive(0, address("192.0.2.2:5000"), {conflict.bytes().begin(), conflict.bytes().end()});
    }
    pair.wire.run_for(200ms);
    CHECK_FALSE(controlling);
}

TEST_CASE("a lite agent answers 487 to a peer that wants to be controlled (RFC 8445 section 7.3.1.1)") {
    Pair pair;
    pair.connect();
    std::optional<unsigned> error;
    pair.wire.lose = [&](auto&, auto&, Bytes bytes) {
        error = error_of(bytes);
        return true;
    };
    auto check = pair.check_of_alice();
    check.add_priority(1).add_role(false, 1).add_integrity(pair.bob.local.credentials.password).add_fingerprint();
    pair.check_bob(address("192.0.2.1:4000"), check);
    CHECK(error == 487U);
}

TEST_CASE("an attribute that must be understood and is not is answered 420 (RFC 8489 section 6.3.1)") {
    Pair pair;
    pair.connect();
    std::optional<unsigned> error;
    pair.wire.lose = [&](auto&, auto&, Bytes bytes) {
        error = error_of(bytes);
        return true;
    };
    // CHANGE-REQUEST of RFC 5780, appended by hand before the integrity.
    const auto plain = pair.check_of_alice();
    Packet bytes{plain.bytes().begin(), plain.bytes().end()};
    for (const std::uint8_t byte : {0, 3, 0, 4, 0, 0, 0, 6}) bytes.push_back(byte);
    write_16(&bytes[2], static_cast<std::uint32_t>(bytes.size() - kStunHeader));
    const auto sum = stun_integrity(bytes, pair.bob.local.credentials.password);
    for (const std::uint8_t byte : {0, 8, 0, 20}) bytes.push_back(byte);
    bytes.insert(bytes.end(), sum.begin(), sum.end());
    write_16(&bytes[2], static_cast<std::uint32_t>(bytes.size() - kStunHeader));
    pair.bob.receive(0, address("192.0.2.1:4000"), bytes);
    CHECK(error == 420U);
}

TEST_CASE("STUN that is not authentic is never answered: nothing to amplify, nothing to take over") {
    Pair pair;
    pair.connect();
    const SocketAddress stranger = address("203.0.113.66:6666");
    const std::size_t before = pair.wire.sent;
    StunWriter bare{StunClass::request, kTransaction};
    pair.check_bob(stranger, bare);
    auto no_integrity = pair.check_of_alice();
    no_integrity.add_use_candidate().add_fingerprint();
    pair.check_bob(stranger, no_integrity);
    auto wrong_password = pair.check_of_alice();
    wrong_password.add_use_candidate().add_integrity("guessed").add_fingerprint();
    pair.check_bob(stranger, wrong_password);
    StunWriter wrong_name{StunClass::request, kTransaction};
    wrong_name.add_username("mallory:x").add_integrity(pair.bob.local.credentials.password).add_fingerprint();
    pair.check_bob(stranger, wrong_name);
    StunWriter response{StunClass::success, kTransaction};
    response.add_integrity(pair.alice.local.credentials.password).add_fingerprint();
    pair.check_bob(stranger, response);
    StunWriter indication{StunClass::indication, kTransaction};
    pair.check_bob(stranger, indication);
    CHECK(pair.wire.sent == before);
    CHECK(pair.bob.dropped(Drop::unauthenticated_stun) == 4);
    CHECK(pair.bob.dropped(Drop::unexpected_stun) == 2);
    CHECK(pair.goes_to(pair.bob) == address("192.0.2.1:4000"));
    pair.bob.receive(0, stranger, Packet{0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 1});
    CHECK(pair.bob.dropped(Drop::wrong_source) == 1);
}

TEST_CASE("more checks than an agent sends are dropped unread, and counted") {
    Pair pair;
    pair.connect();
    auto wrong = pair.check_of_alice();
    wrong.add_integrity("guessed").add_fingerprint();
    for (int i = 0; i < 1000; ++i) pair.check_bob(address("203.0.113.66:6666"), wrong);
    CHECK(pair.bob.dropped(Drop::stun_rate) >= 890);
    pair.wire.run_for(1s);
    pair.talk();
}

TEST_CASE("two lite agents send to each other's best candidate without checks (RFC 8445 section 8.2.2)") {
    Pair pair;
    pair.alice.local.ice = IceMode::lite;
    negotiate(pair.alice, pair.bob);
    CHECK(pair.alice.had(PeerEvent::connected));
    CHECK(pair.bob.had(PeerEvent::connected));
    pair.wire.run_for(60s);
    CHECK_FALSE(pair.alice.had(PeerEvent::consent_expired));
    CHECK(pair.goes_to(pair.alice) == address("192.0.2.2:5000"));
}

TEST_CASE("checks that nobody answers end in failure after half a minute, and a late peer is still welcome") {
    Pair pair{IceMode::full};
    pair.wire.lose = [](auto&, auto&, Bytes) { return true; };
    negotiate(pair.alice, pair.bob);
    pair.wire.run_for(35s);
    CHECK(pair.alice.had(PeerEvent::ice_failed));
    pair.wire.lose = {};
    auto check = StunWriter{StunClass::request, kTransaction};
    check.add_username(pair.alice.local.credentials.ufrag + ':' + pair.bob.local.credentials.ufrag).add_priority(5);
    check.add_role(false, 1).add_integrity(pair.alice.local.credentials.password).add_fingerprint();
    pair.alice.receive(0, address("192.0.2.2:5000"), {check.bytes().begin(), check.bytes().end()});
    pair.wire.run_for(5s);
    CHECK(pair.ice(pair.alice) == IceState::connected);
}

TEST_CASE("IPv6 and IPv4 candidates pair with their own kind") {
    Wire wire;
    Peer alice{wire, {"192.0.2.1:4000", "[2001:db8::1]:4000"}}, bob{wire, {"[2001:db8::2]:5000", "192.0.2.2:5000"}};
    alice.local.ice = IceMode::full;
    bob.local.ice = IceMode::lite;
    negotiate(alice, bob);
    wire.run_for(3s);
    REQUIRE(alice.had(PeerEvent::connected));
    CHECK(alice.transport.state().remote->remote == address("[2001:db8::2]:5000"));  // RFC 8421: IPv6 first
    CHECK(alice.say(1));
    wire.run_for(100ms);
    CHECK(bob.heard.size() == 1);
}
