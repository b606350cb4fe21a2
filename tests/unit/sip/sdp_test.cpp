// Session descriptions.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <viaduct/sdp.hpp>
#include <viaduct/sip_error.hpp>

namespace viaduct {

namespace {

const std::string kOffer =
    "v=0\r\no=alice 2890844526 7 IN IP4 host.example\r\ns=call\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
    "a=recvonly\r\n"
    "m=audio 49170/2 UDP/TLS/RTP/SAVPF 111 0\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 "
    "useinbandfec=1\r\na=sendonly\r\n"
    "a=ice-ufrag:abcd\r\na=rtcp-mux\r\n"
    "m=video 0 RTP/AVP 31\r\nc=IN IP6 2001:db8::1\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";

}  // namespace

TEST_CASE("an offer is taken to pieces (RFC 8866 section 5)") {
    const auto sdp = Sdp::parse(kOffer).value();
    CHECK(sdp.user_name == "alice");
    CHECK(sdp.session_id == 2890844526);
    CHECK(sdp.session_version == 7);
    CHECK(sdp.connection->address == "192.0.2.5");
    CHECK(sdp.attribute("group")->value == "BUNDLE 0 1");
    REQUIRE(sdp.media.size() == 3);
    const auto& audio = sdp.media[0];
    CHECK(audio.media == "audio");
    CHECK(audio.port == 49170);
    CHECK(audio.port_count == 2);
    CHECK(audio.protocol == "UDP/TLS/RTP/SAVPF");
    CHECK(audio.formats == std::vector<std::string>{"111", "0"});
    CHECK(audio.connection->address == "192.0.2.5");
    CHECK(audio.direction == MediaDirection::send_only);
    CHECK(audio.attribute("ICE-UFRAG")->value == "abcd");
    CHECK(audio.attribute("rtcp-mux")->value.empty());
    CHECK(audio.attribute("crypto") == nullptr);
}

TEST_CASE("codecs of RTP sections are named, static payload types too (RFC 3551 section 6)") {
    const auto plain = Sdp::parse(
        "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 96 0\r\n"
        "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n");
    REQUIRE(plain.has_value());
    for (const auto& codecs : {plain->media[0].codecs, Sdp::parse(kOffer)->media[0].codecs}) {
        REQUIRE(codecs.size() == 2);
        CHECK(codecs[0].name == "opus");
        CHECK(codecs[0].clock_rate == 48000);
        CHECK(codecs[0].parameters == "2");
        CHECK(codecs[0].format_parameters == "useinbandfec=1");
        CHECK(codecs[1].payload_type == 0);
        CHECK(codecs[1].name == "PCMU");
    }
}

TEST_CASE("a refused section, its own connection and other protocols are seen (RFC 3264 section 6)") {
    const auto sdp = Sdp::parse(kOffer).value();
    CHECK(sdp.media[1].port == 0);
    CHECK(sdp.media[1].connection->v6);
    CHECK(sdp.media[1].direction == MediaDirection::receive_only);
    CHECK(sdp.media[2].direction == MediaDirection::receive_only);
    CHECK(sdp.media[2].protocol == "UDP/DTLS/SCTP");
    CHECK(sdp.media[2].formats == std::vector<std::string>{"webrtc-datachannel"});
    CHECK(to_text(sdp.media[0].direction) == "sendonly");
    CHECK(SdpConnection{.address = "0.0.0.0"}.is_unspecified());
}

TEST_CASE("what is no session description is refused") {
    for (const std::string& body :
         {std::string{}, std::string{"hello"}, std::string{"v=0\r\n"},
          std::string{"v=1\r\no=a 1 1 IN IP4 a\r\ns=-\r\nt=0 0\r\n"},
          std::string{"v=0\r\no=a 1 1 IN IP4 a\r\ns=-\r\nt=0 0\r\nm=audio x RTP/AVP 0\r\n"},
          std::string{"v=0\r\no=a 1 1 IN IP4 a\r\ns=-\r\nt=0 0\r\nm=audio 70000 RTP/AVP 0\r\n"}, kOffer + '\0'}) {
        INFO(body);
        const auto sdp = Sdp::parse(body);
        REQUIRE(sdp.has_error());
        CHECK(sdp.error() == SipErrc::bad_body);
    }
}

}  // namespace viaduct
