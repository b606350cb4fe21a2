// sdes: the value of a=crypto (RFC 4568), and SRTP between transports that exchanged keys that way.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "peer_bench.hpp"

using namespace viaduct;
using namespace viaduct::media_relay;

namespace {

constexpr const char* kKey = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";  // RFC 4568 section 9.1

std::optional<SdesFault> fault(const std::string& value) {
    const auto crypto = parse_sdes(value);
    if (crypto) return std::nullopt;
    return static_cast<SdesFault>(crypto.error().value());
}

}  // namespace

TEST_CASE("the crypto attribute of RFC 4568 section 9.1 is read and written") {
    const std::string text = std::string{"1 AES_CM_128_HMAC_SHA1_80 inline:"} + kKey;
    const auto crypto = parse_sdes(text);
    REQUIRE(crypto.has_value());
    CHECK(crypto->tag == 1);
    CHECK(crypto->keying.suite == SrtpSuite::aes_cm_128_hmac_sha1_80);
    CHECK(std::string(crypto->keying.bytes.begin(), crypto->keying.bytes.begin() + 30) ==
          "wDfvg&T+)xG7@fb5jU,RaA}\\|p0%*#");
    CHECK(to_text(*crypto) == text);
}

TEST_CASE("keys of every suite are made, written and read again (RFC 4568 section 6.1, RFC 7714 section 14.2)") {
    const auto suite = static_cast<SrtpSuite>(GENERATE(range(0, static_cast<int>(kSrtpSuites))));
    const SdesCrypto crypto{7, make_srtp_keying(suite)};
    const auto again = parse_sdes(to_text(crypto));
    REQUIRE(again.has_value());
    CHECK(again->tag == 7);
    CHECK(again->keying == crypto.keying);
    CHECK(make_srtp_keying(suite) != crypto.keying);
}

TEST_CASE("a lifetime is taken, a master key identifier and several keys are not (RFC 4568 section 6.1)") {
    const std::string line = std::string{"1 AES_CM_128_HMAC_SHA1_80 inline:"} + kKey;
    CHECK_FALSE(fault(line + "|2^20"));
    CHECK_FALSE(fault(line + "|1048576"));
    CHECK(fault(line + "|2^49") == SdesFault::lifetime);
    CHECK(fault(line + "|0") == SdesFault::lifetime);
    CHECK(fault(line + "|2^20|1:4") == SdesFault::master_key_identifier);
    CHECK(fault(line + "|1:4") == SdesFault::master_key_identifier);
    CHECK(fault(line + ";inline:" + kKey) == SdesFault::several_keys);
}

TEST_CASE("session parameters that change packets are refused, wishes are passed over (RFC 4568 section 6.3)") {
    const std::string line = std::string{"1 AES_CM_128_HMAC_SHA1_80 inline:"} + kKey;
    CHECK_FALSE(fault(line + " WSH=60"));
    CHECK_FALSE(fault(line + " -made-up=1"));
    for (const char* parameter :
         {"UNENCRYPTED_SRTP", "UNENCRYPTED_SRTCP", "UNAUTHENTICATED_SRTP", "KDR=4", "FEC_ORDER=FEC_SRTP", "made-up"}) {
        CHECK(fault(line + ' ' + parameter) == SdesFault::parameter);
    }
}

TEST_CASE("a crypto attribute that is none is refused by reason") {
    CHECK(fault("") == SdesFault::syntax);
    CHECK(fault("x AES_CM_128_HMAC_SHA1_80 inline:" + std::string{kKey}) == SdesFault::syntax);
    CHECK(fault("1 AES_CM_128_HMAC_SHA1_80") == SdesFault::syntax);
    CHECK(fault("1 AES_CM_128_HMAC_SHA1_80 uri:" + std::string{kKey}) == SdesFault::syntax);
    CHECK(fault("1 F8_128_HMAC_SHA1_80 inline:" + std::string{kKey}) == SdesFault::suite);
    CHECK(fault("1 AES_CM_128_HMAC_SHA1_80 inline:AAAA") == SdesFault::key);
    CHECK(fault("1 AES_CM_128_HMAC_SHA1_80 inline:" + std::string(40, '!')) == SdesFault::key);
    CHECK(fault("1 AEAD_AES_128_GCM inline:" + std::string{kKey}) == SdesFault::key);
    CHECK(fault("1 AES_CM_128_HMAC_SHA1_80 inline:" + std::string(39, 'A') + '=') == SdesFault::key);
}

TEST_CASE("two transports with SDES hear each other, RTP and RTCP, on one port or two") {
    Wire wire;
    Peer alice{wire, {"192.0.2.1:4000", "192.0.2.1:4001"}}, bob{wire, {"192.0.2.2:5000", "192.0.2.2:5001"}};
    const auto suite = static_cast<SrtpSuite>(GENERATE(range(0, static_cast<int>(kSrtpSuites))));
    const bool mux = GENERATE(true, false);
    for (Peer* peer : {&alice, &bob}) {
        peer->local.key_exchange = KeyExchange::sdes;
        peer->local.send_keys = make_srtp_keying(suite);
    }
    auto offer = alice.description(), answer = bob.description();
    offer.rtcp_mux = answer.rtcp_mux = mux;
    alice.set_local(Stage::offer);
    bob.set_remote(offer, Stage::offer);
    bob.set_local(Stage::answer);
    alice.set_remote(answer, Stage::answer);
    CHECK(alice.transport.state().suite == suite);
    for (std::uint16_t i = 1; i <= 3; ++i) {
        CHECK(alice.say(i, "hi bob"));
        CHECK(bob.say(i, "hi alice"));
        CHECK(alice.report());
    }
    wire.run_for(100ms);
    CHECK(bob.heard == std::vector<std::string>(3, "hi bob"));
    CHECK(alice.heard == std::vector<std::string>(3, "hi alice"));
    CHECK(bob.reports == 3);
}

TEST_CASE("the same keys in another description go on where they were; other keys begin anew") {
    Wire wire;
    Peer alice{wire, {"192.0.2.1:4000"}}, bob{wire, {"192.0.2.2:5000"}};
    for (Peer* peer : {&alice, &bob}) {
        peer->local.key_exchange = KeyExchange::sdes;
        peer->local.send_keys = make_srtp_keying(SrtpSuite::aead_aes_128_gcm);
    }
    negotiate(alice, bob);
    Packet first;
    wire.lose = [&](auto&, auto&, Bytes bytes) {
        first.assign(bytes.begin(), bytes.end());
        return false;
    };
    CHECK(alice.say(1));
    const Packet repeated = first;
    wire.run_for(100ms);
    negotiate(alice, bob);
    bob.receive(0, address("192.0.2.1:4000"), repeated);
    CHECK(bob.dropped(Drop::replayed) == 1);
    alice.local.send_keys = make_srtp_keying(SrtpSuite::aead_aes_128_gcm);
    negotiate(alice, bob);
    CHECK(alice.say(1));
    wire.run_for(100ms);
    CHECK(bob.heard.size() == 2);
}

TEST_CASE("keys that come back go on where they were: no index is used twice (RFC 3711 section 9.1)") {
    Wire wire;
    Peer alice{wire, {"192.0.2.1:4000"}}, bob{wire, {"192.0.2.2:5000"}};
    const SrtpKeying first = make_srtp_keying(SrtpSuite::aes_cm_128_hmac_sha1_80),
                     second = make_srtp_keying(SrtpSuite::aead_aes_128_gcm);
    for (Peer* peer : {&alice, &bob}) peer->local.key_exchange = KeyExchange::sdes;
    bob.local.send_keys = make_srtp_keying(SrtpSuite::aes_cm_128_hmac_sha1_80);
    const auto say_with = [&](const SrtpKeying& keying, std::uint16_t sequence) {
        alice.local.send_keys = keying;
        negotiate(alice, bob);
        const Drop outcome = alice.say(sequence).reason;
        wire.run_for(100ms);
        return outcome;
    };
    CHECK(say_with(first, 1) == Drop::none);
    CHECK(say_with(second, 2) == Drop::none);
    CHECK(say_with(first, 1) == Drop::replayed);
    CHECK(say_with(first, 3) == Drop::none);
    CHECK(say_with(second, 2) == Drop::replayed);
    CHECK(bob.heard.size() == 3);
}
