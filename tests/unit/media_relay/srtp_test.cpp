// srtp: the vectors of RFC 3711 and RFC 7714, and our own SRTP judged by libsrtp in both directions.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "hex.hpp"
#include "modules/media_relay/packet/byte_order.hpp"
#include "modules/media_relay/security/evp_srtp.hpp"
#include "modules/media_relay/security/sdes.hpp"

using namespace viaduct;
using namespace viaduct::media_relay;

namespace {

using Packet = std::vector<std::uint8_t>;

Packet rtp(std::uint16_t sequence, std::size_t payload = 160, std::uint32_t ssrc = 0xcafebabe, bool rich = false) {
    Packet packet = from_hex(rich ? "b2 60" : "80 60");
    packet.resize(12);
    write_16(&packet[2], sequence);
    write_32(&packet[4], sequence * 160U);
    write_32(&packet[8], ssrc);
    if (rich) {
        const auto more = from_hex("00000001 00000002 bede0001 10aa0000");  // two CSRCs, an extension
        packet.insert(packet.end(), more.begin(), more.end());
    }
    for (std::size_t i = 0; i < payload; ++i) packet.push_back(static_cast<std::uint8_t>(i * 7));
    if (rich) packet.insert(packet.end(), {0, 0, 3});  // padding
    return packet;
}

Packet rtcp(std::size_t words = 12, std::uint32_t ssrc = 0xcafebabe) {
    Packet packet(4 + 4 * words);
    packet[0] = 0x80;
    packet[1] = 200;
    write_16(&packet[2], static_cast<std::uint32_t>(words));
    write_32(&packet[4], ssrc);
    for (std::size_t i = 8; i < packet.size(); ++i) packet[i] = static_cast<std::uint8_t>(i);
    return packet;
}

// In place, with room; nothing when it is dropped.
template <class Operation>
std::pair<Drop, Packet> apply(Operation operation, Packet packet) {
    const std::size_t size = packet.size();
    packet.resize(size + kTailroom);
    Datagram datagram{packet.data(), size, packet.size()};
    const Drop drop = operation(datagram);
    packet.resize(datagram.size);
    return {drop, std::move(packet)};
}
auto protect(SrtpSender& sender, Packet packet, bool is_rtcp = false) {
    return apply([&](Datagram& d) { return is_rtcp ? sender.protect_rtcp(d) : sender.protect_rtp(d); },
                 std::move(packet));
}
auto unprotect(SrtpReceiver& receiver, Packet packet, bool is_rtcp = false) {
    return apply([&](Datagram& d) { return is_rtcp ? receiver.unprotect_rtcp(d) : receiver.unprotect_rtp(d); },
                 std::move(packet));
}

// One key, and each library at either end.
struct Ends {
    Ends(SrtpSuite suite, SrtpLibrary from, SrtpLibrary to) : keying{make_srtp_keying(suite)} {
        sender = make_srtp_sender(keying, 8, from);
        receiver = make_srtp_receiver(keying, 8, to);
    }
    void carry(const Packet& packet, bool is_rtcp = false) {
        const auto [sent, bytes] = protect(*sender, packet, is_rtcp);
        REQUIRE(sent == Drop::none);
        CHECK(bytes.size() == packet.size() + (is_rtcp ? 4U + facts_of(keying.suite).rtcp_tag_size
                                                       : facts_of(keying.suite).rtp_tag_size));
        const auto [received, plain] = unprotect(*receiver, bytes, is_rtcp);
        REQUIRE(received == Drop::none);
        CHECK(plain == packet);
    }
    SrtpKeying keying;
    std::unique_ptr<SrtpSender> sender;
    std::unique_ptr<SrtpReceiver> receiver;
};

SrtpSuite each_suite() { return static_cast<SrtpSuite>(GENERATE(range(0, static_cast<int>(kSrtpSuites)))); }
SrtpLibrary either() { return GENERATE(SrtpLibrary::openssl, SrtpLibrary::libsrtp); }

SessionKeys session(SrtpSuite suite, const char* key, const char* salt) {
    SessionKeys keys;
    keys.suite = suite;
    const auto k = from_hex(key), s = from_hex(salt);
    std::copy(k.begin(), k.end(), keys.cipher_key.begin());
    std::copy(s.begin(), s.end(), keys.salt.begin());
    return keys;
}

}  // namespace

TEST_CASE("session keys are derived as in RFC 3711 appendix B.3") {
    SrtpKeying keying;
    const auto master = from_hex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6");
    std::copy(master.begin(), master.end(), keying.bytes.begin());
    const SessionKeys keys = derive_session_keys(keying, false);
    CHECK(std::equal(keys.cipher_key.begin(), keys.cipher_key.begin() + 16,
                     from_hex("C61E7A93744F39EE10734AFE3FF7A087").begin()));
    CHECK(std::equal(keys.salt.begin(), keys.salt.end(), from_hex("30CBBC08863D8C85D49DB34A9AE1").begin()));
    CHECK(std::equal(keys.authentication_key.begin(), keys.authentication_key.end(),
                     from_hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4").begin()));
}

TEST_CASE("the key stream is that of RFC 3711 appendix B.2") {
    const auto keys =
        session(SrtpSuite::aes_cm_128_hmac_sha1_80, "2B7E151628AED2A6ABF7158809CF4F3C", "F0F1F2F3F4F5F6F7F8F9FAFBFCFD");
    SrtpTransform transform{keys, true};
    Packet stream(0xff02 * 16);
    REQUIRE(transform.cipher().apply_keystream(transform.counter(0, 0), stream));
    const auto block = [&](std::size_t index) { return Packet(&stream[index * 16], &stream[index * 16] + 16); };
    CHECK(block(0) == from_hex("E03EAD0935C95E80E166B16DD92B4EB4"));
    CHECK(block(1) == from_hex("D23513162B02D0F72A43A2FE4A5F97AB"));
    CHECK(block(0xfeff) == from_hex("EC8CDF7398607CB0F2D21675EA9EA1E4"));
}

TEST_CASE("the packet of RFC 7714 section 16.1 is protected and opened") {
    const auto keys =
        session(SrtpSuite::aead_aes_128_gcm, "000102030405060708090a0b0c0d0e0f", "517569642070726f2071756f");
    const Packet plain = from_hex(
        "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070"
        "61727465 73207472 6573");
    const Packet secret = from_hex(
        "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a"
        "51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce");
    EvpSrtpSender sender{keys, keys, 1};
    CHECK(protect(sender, plain) == std::pair{Drop::none, secret});
    EvpSrtpReceiver receiver{keys, keys, 1};
    CHECK(unprotect(receiver, secret) == std::pair{Drop::none, plain});
}

TEST_CASE("each library reads what each has written: RTP with CSRCs, extension and padding, and RTCP") {
    Ends ends{each_suite(), either(), either()};
    for (std::uint16_t i = 1; i <= 20; ++i) {
        ends.carry(rtp(i, i * 9U));
        ends.carry(rtp(i, 160, 5, true));
        ends.carry(rtcp(i), true);
    }
    ends.carry(rtp(21, 0));
    ends.carry(rtp(22, 1200));
    ends.carry(rtcp(1), true);
}

TEST_CASE("both libraries write the same bytes") {
    const SrtpKeying keying = make_srtp_keying(each_suite());
    const auto ours = make_srtp_sender(keying, 8, SrtpLibrary::openssl);
    const auto theirs = make_srtp_sender(keying, 8, SrtpLibrary::libsrtp);
    for (std::uint16_t i = 65530; i != 10; ++i) {
        CHECK(protect(*ours, rtp(i)) == protect(*theirs, rtp(i)));
        CHECK(protect(*ours, rtcp(), true) == protect(*theirs, rtcp(), true));
    }
}

TEST_CASE("sequence numbers wrap, also out of order and with a gap (RFC 3711 section 3.3.1)") {
    Ends ends{each_suite(), either(), either()};
    for (const unsigned sequence : {65000U, 65534U, 65533U, 0U, 65535U, 2U, 1U, 30000U, 62000U, 10U}) {
        ends.carry(rtp(static_cast<std::uint16_t>(sequence)));
    }
}

TEST_CASE("a repeated packet, and one older than the window, is dropped as replayed (RFC 3711 section 3.3.2)") {
    Ends ends{each_suite(), SrtpLibrary::libsrtp, either()};
    std::vector<Packet> sent;
    for (std::uint16_t i = 1; i <= 300; ++i) sent.push_back(protect(*ends.sender, rtp(i)).second);
    CHECK(unprotect(*ends.receiver, sent[299]).first == Drop::none);
    CHECK(unprotect(*ends.receiver, sent[299]).first == Drop::replayed);
    CHECK(unprotect(*ends.receiver, sent[299 - 64]).first == Drop::none);
    CHECK(unprotect(*ends.receiver, sent[299 - 64]).first == Drop::replayed);
    CHECK(unprotect(*ends.receiver, sent[299 - 127]).first == Drop::none);
    CHECK(unprotect(*ends.receiver, sent[299 - 127]).first == Drop::replayed);
    CHECK(unprotect(*ends.receiver, sent[299 - 128]).first == Drop::replayed);
    CHECK(unprotect(*ends.receiver, sent[0]).first == Drop::replayed);
    const auto report = protect(*ends.sender, rtcp(), true).second;
    CHECK(unprotect(*ends.receiver, report, true).first == Drop::none);
    CHECK(unprotect(*ends.receiver, report, true).first == Drop::replayed);
}

TEST_CASE("a change of any byte is noticed, and does not disturb the stream (RFC 3711 section 4.2)") {
    const bool is_rtcp = GENERATE(false, true);
    Ends ends{each_suite(), SrtpLibrary::libsrtp, either()};
    ends.carry(rtp(9));
    const Packet packet = protect(*ends.sender, is_rtcp ? rtcp() : rtp(10), is_rtcp).second;
    for (std::size_t i = 0; i < packet.size(); ++i) {
        Packet changed = packet;
        changed[i] ^= 0x01;
        CHECK(unprotect(*ends.receiver, changed, is_rtcp).first != Drop::none);
    }
    for (std::size_t size = 0; size < packet.size(); ++size) {
        CHECK(unprotect(*ends.receiver, Packet(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size)),
                        is_rtcp)
                  .first != Drop::none);
    }
    CHECK(unprotect(*ends.receiver, packet, is_rtcp).first == Drop::none);
}

TEST_CASE("the same index is never used twice to send (RFC 3711 section 9.1)") {
    Ends ends{each_suite(), either(), SrtpLibrary::libsrtp};
    CHECK(protect(*ends.sender, rtp(1000)).first == Drop::none);
    CHECK(protect(*ends.sender, rtp(1000, 80)).first == Drop::replayed);
    CHECK(protect(*ends.sender, rtp(998)).first == Drop::none);
    CHECK(protect(*ends.sender, rtp(998)).first == Drop::replayed);
    CHECK(protect(*ends.sender, rtp(500)).first == Drop::replayed);
}

TEST_CASE("streams are bounded, and forged ones take no place") {
    Ends ends{SrtpSuite::aes_cm_128_hmac_sha1_80, SrtpLibrary::openssl, either()};
    for (std::uint32_t ssrc = 100; ssrc < 200; ++ssrc) {
        CHECK(unprotect(*ends.receiver, rtp(1, 40, ssrc)).first == Drop::authentication);
    }
    for (std::uint32_t ssrc = 0; ssrc < 8; ++ssrc) ends.carry(rtp(1, 160, ssrc));
    const auto more = make_srtp_sender(ends.keying, 8);
    CHECK(unprotect(*ends.receiver, protect(*more, rtp(1, 160, 99)).second).first == Drop::too_many_streams);
    CHECK(protect(*ends.sender, rtp(1, 160, 99)).first == Drop::too_many_streams);
}

TEST_CASE("without room for the tag nothing is written") {
    const auto sender = make_srtp_sender(make_srtp_keying(each_suite()), 8, either());
    Packet packet = rtp(1), report = rtcp();
    Datagram full{packet.data(), packet.size(), packet.size() + 3},
        no_room{report.data(), report.size(), report.size() + 3};
    CHECK(sender->protect_rtp(full) == Drop::too_long);
    CHECK(sender->protect_rtcp(no_room) == Drop::too_long);
}

TEST_CASE("a window keeps 128 packets, whichever way they jump (RFC 3711 section 3.3.2)") {
    ReplayWindow window;
    window.note(1000);
    for (const std::uint64_t step : {1U, 63U, 64U, 65U, 127U, 128U, 129U}) {
        const std::uint64_t last = 1000 + step;
        ReplayWindow copy = window;
        copy.note(last);
        CHECK_FALSE(copy.is_new(last));
        CHECK(copy.is_new(1000) == false);
        CHECK(copy.is_new(last + 1));
        CHECK(copy.is_new(last - 127) == (last - 127 != 1000));
        CHECK_FALSE(copy.is_new(last - 128));
        copy.note(last + 2);
        CHECK(copy.is_new(last + 1));
        CHECK_FALSE(copy.is_new(last));
    }
}
