// latch: symmetric RTP without ICE: who becomes the peer, and who never does.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "peer_bench.hpp"

using namespace viaduct;
using namespace viaduct::media_relay;

namespace {

const SocketAddress kDescribed = address("192.0.2.2:5000");
const SocketAddress kStranger = address("203.0.113.66:6666");

Packet plain(std::uint16_t sequence) {
    Packet packet(13);
    packet[0] = 0x80;
    write_16(&packet[2], sequence);
    return packet;
}

// The relay's side of a call with a plain phone, which was described as kDescribed.
struct Relay {
    explicit Relay(RemoteSide changed = {}) {
        remote = std::move(changed);
        remote.rtp = kDescribed;
        remote.rtcp_mux = true;
        describe();
    }
    void describe() {
        peer.set_remote(remote, Stage::offer);
        peer.set_local(Stage::answer);
    }
    bool takes(const SocketAddress& from) {
        const std::size_t before = peer.heard.size();
        peer.receive(0, from, plain(++sequence));
        return peer.heard.size() == before + 1;
    }
    std::optional<SocketAddress> goes_to() const {
        const auto path = peer.transport.state().remote;
        return path ? std::optional{path->remote} : std::nullopt;
    }
    Wire wire;
    Peer peer{wire, {"192.0.2.1:4000", "192.0.2.1:4001"}};
    RemoteSide remote;
    std::uint16_t sequence = 0;
};

}  // namespace

TEST_CASE("packets go to the description until the peer is heard, then to where it came from (RFC 4961)") {
    Relay relay;
    CHECK(relay.goes_to() == kDescribed);
    const SocketAddress behind_nat = address("203.0.113.5:40000");
    CHECK(relay.takes(behind_nat));
    CHECK(relay.goes_to() == behind_nat);
    CHECK(relay.peer.had(PeerEvent::remote_changed));
}

TEST_CASE("where the description is not trusted, nothing is sent before the peer was heard") {
    RemoteSide remote;
    remote.trust_description = false;
    Relay relay{remote};
    CHECK_FALSE(relay.goes_to());
    CHECK(relay.peer.say(1).reason == Drop::no_destination);
    CHECK(relay.takes(kDescribed));
    CHECK(relay.goes_to() == kDescribed);
}

TEST_CASE("a stranger who is first gives way to the described address, and cannot come back") {
    Relay relay;
    CHECK(relay.takes(kStranger));
    CHECK(relay.takes(kDescribed));
    CHECK(relay.goes_to() == kDescribed);
    CHECK_FALSE(relay.takes(kStranger));
    CHECK(relay.peer.dropped(Drop::wrong_source) == 1);
}

TEST_CASE("the host the SIP came from goes before the described host with another port, and that before strangers") {
    RemoteSide remote;
    remote.signalled_from = address("198.51.100.9:5060");
    Relay relay{remote};
    CHECK(relay.takes(kStranger));
    CHECK_FALSE(relay.takes(address("203.0.113.67:1")));
    CHECK(relay.takes(address("192.0.2.2:5998")));
    CHECK_FALSE(relay.takes(kStranger));
    CHECK(relay.takes(address("198.51.100.9:20000")));
    CHECK_FALSE(relay.takes(address("192.0.2.2:5998")));
    CHECK_FALSE(relay.takes(address("198.51.100.9:20002")));
    CHECK(relay.takes(kDescribed));
    CHECK(relay.goes_to() == kDescribed);
}

TEST_CASE("after the time to learn a stranger never takes the call over, whether the peer speaks or not") {
    const bool speaks = GENERATE(true, false);
    Relay relay;
    if (speaks) CHECK(relay.takes(kDescribed));
    relay.wire.run_for(bench_settings().learning_time);
    for (int i = 0; i < 100; ++i) CHECK_FALSE(relay.takes(kStranger));
    relay.wire.run_for(10min);
    CHECK_FALSE(relay.takes(kStranger));
    CHECK(relay.goes_to() == kDescribed);
    CHECK(relay.peer.dropped(Drop::wrong_source) == 101);
    CHECK(relay.takes(kDescribed));  // late, but named
}

TEST_CASE(
    "an asymmetric peer is sent what its description says and heard from its host, on any port; strangers never") {
    RemoteSide remote;
    remote.symmetric = false;
    remote.trust_description = GENERATE(true, false);
    Relay relay{remote};
    for (int i = 0; i < 2; ++i) {
        CHECK(relay.takes(address("192.0.2.2:5998")));
        CHECK(relay.takes(kDescribed));
        CHECK_FALSE(relay.takes(kStranger));
        CHECK(relay.goes_to() == kDescribed);
        relay.wire.run_for(bench_settings().learning_time + 1s);
    }
    CHECK_FALSE(relay.peer.had(PeerEvent::remote_changed));
}

TEST_CASE("a new description opens the time to learn again, in which the present peer goes before its equals") {
    Relay relay;
    const SocketAddress behind_nat = address("203.0.113.5:40000"), moved = address("203.0.113.5:40001");
    CHECK(relay.takes(behind_nat));
    relay.wire.run_for(1min);
    CHECK_FALSE(relay.takes(moved));
    CHECK(relay.takes(behind_nat));
    relay.describe();
    CHECK_FALSE(relay.takes(kStranger));
    CHECK(relay.takes(behind_nat));
    relay.wire.run_for(2s);
    CHECK(relay.takes(moved));  // the present one has fallen silent
    CHECK(relay.goes_to() == moved);
}

TEST_CASE("another described address is where packets go at once (re-INVITE)") {
    Relay relay;
    CHECK(relay.takes(kDescribed));
    relay.remote.rtp = address("192.0.2.3:7000");
    relay.describe();
    CHECK(relay.goes_to() == address("192.0.2.3:7000"));
    CHECK(relay.takes(address("192.0.2.3:7000")));
    CHECK_FALSE(relay.takes(kDescribed));
}

TEST_CASE("a description without an address leaves the peer who it was (hold by 0.0.0.0, RFC 3264 section 8.4)") {
    Relay relay;
    CHECK(relay.takes(kDescribed));
    relay.remote.rtp = address("0.0.0.0:5000");
    relay.describe();
    CHECK(relay.goes_to() == kDescribed);
    CHECK(relay.takes(kDescribed));
}

TEST_CASE("without rtcp-mux RTCP has its own latch, one port higher unless a=rtcp says otherwise (RFC 3605)") {
    Relay relay;
    relay.remote.rtcp_mux = false;
    SECTION("one higher") {
        relay.describe();
        CHECK(relay.peer.report().to == address("192.0.2.2:5001"));
    }
    SECTION("a=rtcp") {
        relay.remote.rtcp = address("192.0.2.9:9999");
        relay.describe();
        CHECK(relay.peer.report().to == address("192.0.2.9:9999"));
    }
    CHECK(relay.peer.say(1).to == kDescribed);
    relay.peer.receive(1, address("203.0.113.5:40001"), Packet{0x80, 0xc9, 0, 1, 0, 0, 0, 1});
    CHECK(relay.peer.reports == 1);
    CHECK(relay.peer.report().to == address("203.0.113.5:40001"));
    CHECK(relay.peer.report().socket == 1);
}

TEST_CASE("with SDES only a packet with the right key latches") {
    Wire wire;
    Peer phone{wire, {"192.0.2.2:5000"}}, relay{wire, {"192.0.2.1:4000"}};
    for (Peer* peer : {&phone, &relay}) {
        peer->local.key_exchange = KeyExchange::sdes;
        peer->local.send_keys = make_srtp_keying(SrtpSuite::aes_cm_128_hmac_sha1_80);
    }
    wire.translated[address("192.0.2.2:5000")] = address("203.0.113.5:40000");
    negotiate(phone, relay);
    relay.receive(0, kStranger, plain(1));
    CHECK(relay.dropped(Drop::authentication) + relay.dropped(Drop::malformed_rtp) == 1);
    CHECK(relay.transport.state().remote->remote == kDescribed);
    CHECK(phone.say(1));
    wire.run_for(100ms);
    CHECK(relay.transport.state().remote->remote == address("203.0.113.5:40000"));
    CHECK(relay.heard.size() == 1);
}

TEST_CASE("what is neither RTP nor anything else we know is dropped by reason") {
    Relay relay;
    relay.peer.receive(0, kDescribed, {0x7f, 1, 2});
    relay.peer.receive(0, kDescribed, {0x80, 0, 0});
    relay.peer.receive(0, kDescribed, {0x80, 0xc9, 0, 9});
    relay.peer.receive(0, kDescribed, Packet(kLargestDatagram + 1, 0x80));
    relay.peer.receive(0, kDescribed, Packet(20, 0));
    CHECK(relay.peer.dropped(Drop::unknown_kind) == 1);
    CHECK(relay.peer.dropped(Drop::malformed_rtp) == 1);
    CHECK(relay.peer.dropped(Drop::malformed_rtcp) == 1);
    CHECK(relay.peer.dropped(Drop::too_long) == 1);
    CHECK(relay.peer.dropped(Drop::malformed_stun) + relay.peer.dropped(Drop::unexpected_stun) == 1);
    CHECK(to_text(Drop::wrong_source) == "wrong_source");
    CHECK(to_text(Drop::consent_expired) == "consent_expired");
}
