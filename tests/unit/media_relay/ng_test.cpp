// ng: messages as Kamailio's and OpenSIPS's rtpengine modules send them, and replies by cookie.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "modules/media_relay/ng/bencode.hpp"
#include "modules/media_relay/ng/ng_message.hpp"
#include "modules/media_relay/ng/reply_cache.hpp"

using namespace viaduct;
using namespace viaduct::media_relay;

namespace {

NgMessage read(const std::string& body) {
    std::string problem;
    auto message = NgMessage::read(body, problem);
    INFO(problem);
    REQUIRE(message);
    return std::move(*message);
}

NgMessage with_flags(std::initializer_list<std::string_view> flags) {
    BencodeWriter writer;
    writer.begin_dictionary().entry("command", "offer").text("flags").begin_list();
    for (const auto flag : flags) writer.text(flag);
    return read(writer.end().end().take());
}

}  // namespace

TEST_CASE("an offer as Kamailio's module sends it for a browser calling a phone") {
    BencodeWriter writer;
    writer.begin_dictionary().entry("supports", "load limit").entry("sdp", "v=0\r\n").entry("ICE", "remove");
    writer.text("flags").begin_list().text("trust-address").text("generate-mid").end();
    writer.text("replace").begin_list().text("origin").text("session-connection").end();
    writer.text("rtcp-mux").begin_list().text("demux").end();
    writer.text("SDES").begin_list().text("off").end();
    writer.entry("DTLS", "off").entry("transport-protocol", "RTP/AVP").entry("address family", "IP6");
    writer.entry("call-id", "c1").entry("via-branch", "z9hG4bK1").entry("from-tag", "f1").entry("command", "offer");
    writer.text("received-from").begin_list().text("IP4").text("192.0.2.9").end();
    writer.text("direction").begin_list().text("outside").text("inside").end();
    const NgMessage message = read(writer.end().take());
    CHECK(message.command == "offer");
    CHECK(message.exchange.call_id == "c1");
    CHECK(message.exchange.from_tag == "f1");
    CHECK(message.exchange.to_tag.empty());
    CHECK(message.exchange.via_branch == "z9hG4bK1");
    CHECK(message.exchange.sdp == "v=0\r\n");
    const Wishes& wishes = message.exchange.wishes;
    CHECK(wishes.ice == MediaIce::remove);
    CHECK(wishes.dtls == MediaDtls::off);
    CHECK_FALSE(wishes.sdes);
    CHECK(wishes.rtcp_mux == MediaRtcpMux::demux);
    CHECK(wishes.protocol == "RTP/AVP");
    CHECK(wishes.address_family == MediaAddressFamily::v6);
    CHECK(wishes.replace_origin);
    CHECK(wishes.replace_session_connection);
    CHECK(wishes.generate_mid);
    CHECK(wishes.received_from->text() == "192.0.2.9:0");
    CHECK(wishes.writer_interface == "outside");
    CHECK(wishes.reader_interface == "inside");
    CHECK(message.unknown_flags == 1);  // "supports"
}

TEST_CASE("flags in one word mean what keys with values mean") {
    const Wishes wishes = with_flags({"ICE=force", "DTLS=passive", "rtcp-mux-offer", "replace-origin", "SDES-off",
                                      "UDP/TLS/RTP/SAVPF", "DTLS-reverse=passive", "address-family=IP4",
                                      "ICE-lite=backward", "no-rtcp-attribute", "SIP-source-address"})
                              .exchange.wishes;
    CHECK(wishes.ice == MediaIce::force);
    CHECK(wishes.dtls == MediaDtls::passive);
    CHECK(wishes.dtls_writer == MediaDtls::passive);
    CHECK(wishes.rtcp_mux == MediaRtcpMux::offer);
    CHECK(wishes.replace_origin);
    CHECK_FALSE(wishes.sdes);
    CHECK(wishes.protocol == "UDP/TLS/RTP/SAVPF");
    CHECK(wishes.address_family == MediaAddressFamily::v4);
    CHECK(wishes.ice_lite_writer == true);
    CHECK_FALSE(wishes.ice_lite);
    CHECK_FALSE(wishes.rtcp_attribute);
    CHECK_FALSE(wishes.trust_address);
}

TEST_CASE("flags that mean nothing to a relay without transcoding are known, others are ignored and counted") {
    CHECK(with_flags({"symmetric", "codec-mask-all", "loop-protect", "port_latching", "strict source"}).unknown_flags ==
          0);
    CHECK(with_flags({"no-such-flag", "ICE=maybe", "symmetric"}).unknown_flags == 2);
}

TEST_CASE("SRTP suites may be refused one by one") {
    const Wishes without = with_flags({"SDES-no-AES_CM_128_HMAC_SHA1_32", "SDES-no-NULL_HMAC_SHA1_80"}).exchange.wishes;
    CHECK_FALSE(without.allows(SrtpSuite::aes_cm_128_hmac_sha1_32));
    CHECK(without.allows(SrtpSuite::aes_cm_128_hmac_sha1_80));
    const Wishes only = with_flags({"SDES-only-AEAD_AES_128_GCM"}).exchange.wishes;
    CHECK(only.allows(SrtpSuite::aead_aes_128_gcm));
    CHECK_FALSE(only.allows(SrtpSuite::aes_cm_128_hmac_sha1_80));
}

TEST_CASE("a malformed command says what is wrong with it") {
    std::string problem;
    CHECK_FALSE(NgMessage::read("i3e", problem));
    CHECK(problem == "Could not decode dictionary");
    CHECK_FALSE(NgMessage::read("d3:sdp1:xe", problem));
    CHECK(problem == "No command given");
    CHECK_FALSE(NgMessage::read("d7:commandi3ee", problem));
    CHECK(problem.find("command") != std::string::npos);
}

TEST_CASE("a datagram without a cookie cannot be answered") {
    CHECK_FALSE(NgEnvelope::split("d7:command4:pinge"));
    CHECK_FALSE(NgEnvelope::split(" d7:command4:pinge"));
    CHECK_FALSE(NgEnvelope::split(std::string(300, 'c') + " d7:command4:pinge"));
    const auto envelope = NgEnvelope::split("12_3 d7:command4:pinge");
    REQUIRE(envelope);
    CHECK(envelope->cookie == "12_3");
    CHECK(envelope->body == "d7:command4:pinge");
}

TEST_CASE("a repeated cookie gets the reply it had, and is pending until there is one") {
    const TimePoint start{1h};
    ReplyCache cache;
    CHECK(cache.begin("a", start) == ReplyCache::State::unknown);
    CHECK(cache.begin("a", start) == ReplyCache::State::pending);
    cache.finish("a", "reply");
    CHECK(cache.begin("a", start + 29s) == ReplyCache::State::answered);
    CHECK(cache.reply("a") == "reply");
    CHECK(cache.begin("a", start + 30s) == ReplyCache::State::unknown);
}

TEST_CASE("replies are bounded in number and bytes, the oldest go first") {
    const TimePoint start{1h};
    ReplyCache cache{{.replies = 3, .bytes = 100, .life = 1h}};
    for (const char* cookie : {"a", "b", "c", "d"}) {
        cache.begin(cookie, start);
        cache.finish(cookie, "r");
    }
    CHECK(cache.size() == 3);
    CHECK(cache.begin("a", start) == ReplyCache::State::unknown);
    cache.finish("a", std::string(1000, 'x'));
    CHECK(cache.begin("e", start) == ReplyCache::State::unknown);
    CHECK(cache.size() <= 2);
}
