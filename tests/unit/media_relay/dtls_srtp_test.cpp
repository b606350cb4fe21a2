// dtls_srtp: keys by DTLS between two transports (RFC 5763, RFC 5764), over a wire that loses and reorders.
// SPDX-License-Identifier: Apache-2.0
#include <openssl/ssl.h>
#include <catch2/catch.hpp>

#include "peer_bench.hpp"

using namespace viaduct;
using namespace viaduct::media_relay;

namespace {

// Two peers without ICE, alice offering actpass.
struct Pair {
    explicit Pair(Setup answer = Setup::active) {
        alice.use_dtls(Setup::actpass);
        bob.use_dtls(answer);
    }
    void talk() {
        const std::size_t before = alice.heard.size();
        for (int i = 0; i < 3; ++i) {
            CHECK(alice.say(++sequence, "from alice"));
            CHECK(bob.say(sequence, "from bob"));
        }
        wire.run_for(100ms);
        REQUIRE(alice.heard.size() == before + 3);
        CHECK(alice.heard.back() == "from bob");
        CHECK(bob.heard.back() == "from alice");
    }
    Wire wire;
    Peer alice{wire, {"192.0.2.1:4000"}}, bob{wire, {"192.0.2.2:5000"}};
    std::uint16_t sequence = 0;
};

bool is_client_hello(Bytes bytes) { return bytes.size() > 13 && bytes[0] == 22 && bytes[13] == 1; }

}  // namespace

TEST_CASE("an active and a passive transport agree on keys, whoever offered (RFC 5763 section 5)") {
    Pair pair{GENERATE(Setup::active, Setup::passive)};
    negotiate(pair.alice, pair.bob);
    pair.wire.run_for(1s);
    REQUIRE(pair.alice.had(PeerEvent::connected));
    REQUIRE(pair.bob.had(PeerEvent::connected));
    CHECK(pair.alice.transport.state().dtls_client == (pair.bob.local.setup == Setup::passive));
    CHECK(pair.alice.transport.state().suite == SrtpSuite::aead_aes_128_gcm);
    pair.talk();
}

TEST_CASE("RTCP is protected too (RFC 3711 section 3.4)") {
    Pair pair;
    negotiate(pair.alice, pair.bob);
    pair.wire.run_for(1s);
    const Departure departure = pair.alice.report();
    REQUIRE(departure);
    CHECK(departure.size == 8 + 4 + 16);
    pair.wire.run_for(100ms);
    CHECK(pair.bob.reports == 1);
}

TEST_CASE("no ClientHello leaves before the answer has settled the roles (RFC 5763 section 5)") {
    Pair pair{Setup::passive};
    std::size_t hellos = 0;
    pair.wire.lose = [&](auto&, auto&, Bytes bytes) {
        hellos += is_client_hello(bytes);
        return false;
    };
    pair.alice.set_local(Stage::offer);
    pair.bob.set_remote(pair.alice.description(), Stage::offer);
    pair.wire.run_for(20s);
    CHECK(hellos == 0);
    pair.bob.set_local(Stage::answer);
    pair.wire.run_for(10s);
    CHECK(hellos == 0);  // bob is passive, and alice has not read his answer yet
    pair.alice.set_remote(pair.bob.description(), Stage::answer);
    pair.wire.run_for(1s);
    CHECK(hellos > 0);
    pair.talk();
}

TEST_CASE("a handshake comes through when every other datagram is lost at first (RFC 6347 section 4.2.4)") {
    Pair pair;
    unsigned count = 0;
    const unsigned phase = GENERATE(0U, 1U);
    pair.wire.lose = [&](auto&, auto&, Bytes) { return ++count <= 12 && count % 2 == phase; };
    negotiate(pair.alice, pair.bob);
    pair.wire.run_for(20s);
    REQUIRE(pair.alice.had(PeerEvent::connected));
    REQUIRE(pair.bob.had(PeerEvent::connected));
    pair.talk();
}

TEST_CASE("each datagram of a handshake in turn may be lost, the last ones too") {
    const unsigned lost = GENERATE(range(1U, 9U));
    Pair pair;
    unsigned count = 0;
    pair.wire.lose = [&](auto&, auto&, Bytes bytes) { return bytes[0] >= 20 && bytes[0] <= 63 && ++count == lost; };
    negotiate(pair.alice, pair.bob);
    pair.wire.run_for(10s);
    REQUIRE(pair.alice.had(PeerEvent::connected));
    REQUIRE(pair.bob.had(PeerEvent::connected));
    pair.talk();
}

TEST_CASE("a handshake comes through when datagrams overtake each other") {
    Pair pair;
    pair.wire.reorders = true;
    negotiate(pair.alice, pair.bob);
    pair.wire.run_for(10s);
    REQUIRE(pair.alice.had(PeerEvent::connected));
    REQUIRE(pair.bob.had(PeerEvent::connected));
    pair.wire.reorders = false;
    pair.talk();
}

TEST_CASE("a flight is repeated after half a second, then after twice that (RFC 6347 section 4.2.4.1)") {
    Pair pair;
    std::vector<Duration> times;
    const TimePoint begin = pair.wire.now;
    pair.wire.lose = [&](auto&, auto&, Bytes) {
        times.push_back(pair.wire.now - begin);
        return true;
    };
    negotiate(pair.alice, pair.bob);
    pair.wire.run_for(8s);
    CHECK(times == std::vector<Duration>{0s, 500ms, 1500ms, 3500ms, 7500ms});
}

TEST_CASE("a handshake that nobody answers ends after half a minute, with a reason") {
    Pair pair;
    pair.wire.lose = [](auto&, auto&, Bytes) { return true; };
    negotiate(pair.alice, pair.bob);
    pair.wire.run_for(29s);
    CHECK_FALSE(pair.bob.had(PeerEvent::dtls_failed));
    pair.wire.run_for(2s);
    CHECK(pair.bob.had(PeerEvent::dtls_failed));
    CHECK(pair.bob.transport.failure() == "the peer did not finish the handshake in time");
    CHECK_FALSE(pair.bob.transport.next_deadline());
}

TEST_CASE("a certificate that is not the one of the description is refused by either side (RFC 5763 section 5)") {
    Pair pair{GENERATE(Setup::active, Setup::passive)};
    pair.alice.set_local(Stage::offer);
    auto offer = pair.alice.description();
    offer.fingerprints[0].digest[5] ^= 1;
    pair.bob.set_remote(offer, Stage::offer);
    pair.bob.set_local(Stage::answer);
    pair.alice.set_remote(pair.bob.description(), Stage::answer);
    pair.wire.run_for(2s);
    CHECK(pair.bob.had(PeerEvent::dtls_failed));
    CHECK_FALSE(pair.bob.had(PeerEvent::connected));
    CHECK(pair.bob.transport.failure() == "the certificate is not the one of the description");
    CHECK(pair.bob.say(1).reason == Drop::no_keys);
}

TEST_CASE("of several fingerprints the strongest hash counts, and any of it (RFC 8122 section 5)") {
    const auto certificate = make_test_certificate(), other = make_test_certificate();
    SSL* ssl = SSL_new(certificate->context());
    const X509* x509 = SSL_get_certificate(ssl);
    const Fingerprint right256 = fingerprint_of(*x509, FingerprintHash::sha256),
                      right512 = fingerprint_of(*x509, FingerprintHash::sha512), wrong256 = other->fingerprint();
    Fingerprint wrong512 = right512;
    wrong512.digest[0] ^= 1;
    CHECK(right256 == certificate->fingerprint());
    const auto matches = [&](std::vector<Fingerprint> list) { return is_certificate_of(*x509, list); };
    CHECK(matches({right256}));
    CHECK(matches({wrong256, right256}));
    CHECK(matches({wrong256, right512}));
    CHECK_FALSE(matches({right256, wrong512}));
    CHECK_FALSE(matches({}));
    SSL_free(ssl);
}

TEST_CASE("fingerprints are read and written; SHA-1 is refused (RFC 8122 section 5)") {
    const auto fingerprint = make_test_certificate()->fingerprint();
    const std::string text = to_text(fingerprint);
    CHECK(text.starts_with("sha-256 "));
    CHECK(parse_fingerprint(text).value() == fingerprint);
    std::string lower = text;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    CHECK(parse_fingerprint(lower).value() == fingerprint);
    CHECK(parse_fingerprint("sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB").error() ==
          FingerprintFault::hash);
    CHECK(parse_fingerprint("sha-256 4A:AD").error() == FingerprintFault::syntax);
    CHECK(parse_fingerprint(text + ":00").error() == FingerprintFault::syntax);
    CHECK(parse_fingerprint("sha-256").error() == FingerprintFault::syntax);
}

TEST_CASE("an association survives another offer and answer with the same fingerprints (RFC 8842 section 4)") {
    Pair pair;
    negotiate(pair.alice, pair.bob);
    pair.wire.run_for(1s);
    pair.talk();
    std::size_t handshakes = 0;
    pair.wire.lose = [&](auto&, auto&, Bytes bytes) {
        handshakes += bytes[0] >= 20 && bytes[0] <= 63;
        return false;
    };
    SECTION("hold") {
        auto held = pair.bob.description();
        held.rtp = address("0.0.0.0:5000");
        pair.alice.set_remote(held, Stage::offer);
        pair.alice.set_local(Stage::answer);
    }
    SECTION("an offer from the other side") {
        pair.bob.local.setup = Setup::actpass;
        pair.alice.local.setup = Setup::passive;
        negotiate(pair.bob, pair.alice);
    }
    SECTION("another address") {
        pair.bob.local.sockets[0].address = pair.bob.local.sockets[0].advertised = address("198.51.100.2:6000");
        negotiate(pair.alice, pair.bob);
    }
    pair.wire.run_for(1s);
    pair.talk();
    CHECK(handshakes == 0);
}

TEST_CASE("another certificate or tls-id is another association; the former keys serve until it is there (RFC 8842)") {
    Pair pair;
    pair.alice.local.tls_id = "alice-1";
    negotiate(pair.alice, pair.bob);
    pair.wire.run_for(1s);
    pair.talk();
    SECTION("certificate") { pair.alice.local.certificate = make_test_certificate(); }
    SECTION("tls-id") { pair.alice.local.tls_id = "alice-2"; }
    std::size_t hellos = 0;
    pair.wire.lose = [&](auto&, auto&, Bytes bytes) {
        hellos += is_client_hello(bytes);
        return false;
    };
    negotiate(pair.alice, pair.bob);
    CHECK(pair.alice.say(++pair.sequence));  // with the former keys
    pair.wire.run_for(1s);
    CHECK(hellos == 1);
    CHECK(pair.bob.heard.back() == "hello");
    pair.talk();
}

TEST_CASE("holdconn starts nothing; an answer without a=setup is passive (RFC 4145 section 4)") {
    Pair pair{Setup::passive};
    pair.alice.set_local(Stage::offer);
    pair.bob.set_remote(pair.alice.description(), Stage::offer);
    pair.bob.set_local(Stage::answer);
    auto answer = pair.bob.description();
    SECTION("holdconn") {
        answer.setup = Setup::holdconn;
        pair.alice.set_remote(answer, Stage::answer);
        pair.wire.run_for(5s);
        CHECK(pair.wire.sent == 0);
        CHECK_FALSE(pair.alice.had(PeerEvent::connected));
    }
    SECTION("none") {
        answer.setup = Setup::none;
        pair.alice.set_remote(answer, Stage::answer);
        pair.wire.run_for(1s);
        CHECK(pair.alice.transport.state().dtls_client);
        pair.talk();
    }
}

TEST_CASE("a stranger's handshake does not keep the peer's from coming, where no ICE tells them apart") {
    Wire wire;
    Peer phone{wire, {"192.0.2.2:5000"}}, relay{wire, {"192.0.2.1:4000"}}, mallory{wire, {"203.0.113.66:6666"}};
    phone.use_dtls(Setup::active);
    relay.use_dtls(Setup::passive);
    mallory.use_dtls(Setup::active);
    wire.translated[address("192.0.2.2:5000")] = address("203.0.113.5:40000");
    phone.local.sockets[0].advertised = address("203.0.113.5:40000");
    relay.set_remote(phone.description(), Stage::offer);
    relay.set_local(Stage::answer);
    auto trap = relay.description();
    mallory.set_local(Stage::offer);
    mallory.set_remote(trap, Stage::answer);
    wire.run_for(2s);
    CHECK(relay.had(PeerEvent::dtls_failed));
    CHECK_FALSE(relay.had(PeerEvent::connected));
    phone.set_local(Stage::offer);
    phone.set_remote(relay.description(), Stage::answer);
    wire.run_for(2s);
    CHECK(relay.had(PeerEvent::connected));
    CHECK(phone.say(1));
    wire.run_for(100ms);
    CHECK(relay.heard.size() == 1);
    CHECK(relay.transport.state().remote->remote == address("203.0.113.5:40000"));
}

TEST_CASE("media before the keys is dropped and counted, in both directions") {
    Pair pair;
    negotiate(pair.alice, pair.bob);
    CHECK(pair.alice.say(1).reason == Drop::no_keys);
    pair.alice.receive(0, pair.bob.local.sockets[0].address, Packet{0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 1, 2});
    CHECK(pair.alice.dropped(Drop::no_keys) == 2);
    CHECK(pair.alice.heard.empty());
}

TEST_CASE("changed and repeated packets are dropped and counted (RFC 3711 section 3.3)") {
    Pair pair;
    negotiate(pair.alice, pair.bob);
    pair.wire.run_for(1s);
    Packet seen;
    pair.wire.lose = [&](auto&, auto&, Bytes bytes) {
        seen.assign(bytes.begin(), bytes.end());
        return true;
    };
    REQUIRE(pair.alice.say(1));
    const SocketAddress from = pair.alice.local.sockets[0].address;
    Packet changed = seen;
    changed[13] ^= 1;
    pair.bob.receive(0, from, changed);
    CHECK(pair.bob.dropped(Drop::authentication) == 1);
    pair.bob.receive(0, from, seen);
    CHECK(pair.bob.heard.size() == 1);
    pair.bob.receive(0, from, seen);
    CHECK(pair.bob.dropped(Drop::replayed) == 1);
    CHECK(pair.bob.heard.size() == 1);
}

TEST_CASE("close_notify tells the peer, and nothing is sent after it") {
    Pair pair;
    negotiate(pair.alice, pair.bob);
    pair.wire.run_for(1s);
    pair.alice.transport.close();
    pair.wire.run_for(1s);
    CHECK(pair.bob.had(PeerEvent::closed));
    CHECK(pair.alice.say(1).reason == Drop::no_destination);
    CHECK_FALSE(pair.alice.transport.next_deadline());
}

TEST_CASE("no datagram of a handshake is longer than the MTU allows") {
    Pair pair;
    std::size_t longest = 0;
    pair.wire.lose = [&](auto&, auto&, Bytes bytes) {
        longest = std::max(longest, bytes.size());
        return false;
    };
    negotiate(pair.alice, pair.bob);
    pair.wire.run_for(1s);
    CHECK(longest > 100);
    CHECK(longest <= bench_settings().mtu);
}

TEST_CASE("DTLS that was not agreed, or is no DTLS, is dropped by reason") {
    Pair pair;
    negotiate(pair.alice, pair.bob);
    const SocketAddress from = pair.bob.local.sockets[0].address;
    pair.alice.receive(0, from, Packet{22, 0xfe, 0xfd, 0});
    pair.alice.receive(0, from, Packet{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200, 1});
    CHECK(pair.alice.dropped(Drop::malformed_dtls) == 2);
    Wire wire;
    Peer plain{wire, {"192.0.2.1:4000"}}, other{wire, {"192.0.2.2:5000"}};
    negotiate(plain, other);
    plain.receive(0, address("192.0.2.2:5000"), Packet{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1});
    CHECK(plain.dropped(Drop::unexpected_dtls) == 1);
}
