// sdp: descriptions of real browsers and phones read, and written for other readers (RFC 8866, RFC 3264).
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "descriptions.hpp"
#include "modules/media_relay/sdp/codecs.hpp"
#include "modules/media_relay/sdp/described_media.hpp"
#include "modules/media_relay/sdp/local_description.hpp"

using namespace viaduct;
using namespace viaduct::media_relay;
using viaduct::test::description;

namespace {

SdpText parsed(const std::string& text) {
    auto sdp = SdpText::parse(text);
    REQUIRE(sdp.has_value());
    return std::move(*sdp);
}

bool has_line(const std::string& text, const std::string& line) {
    return ("\r\n" + text).find("\r\n" + line + "\r\n") != std::string::npos;
}

const std::string kPhone =
    "v=0\r\no=bob 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=x-unknown:kept\r\na=sendonly\r\n";

LocalMedia local_audio(const char* protocol) {
    LocalMedia media;
    media.protocol = protocol;
    media.rtp = *SocketAddress::from_text("203.0.113.5:30000");
    media.rtcp = *SocketAddress::from_text("203.0.113.5:30001");
    return media;
}

}  // namespace

TEST_CASE("a description survives reading and writing to the byte") {
    for (const char* name :
         {"chromium-audio-offer", "chromium-video-offer", "chromium-video-answer", "baresip-offer"}) {
        CAPTURE(name);
        CHECK(parsed(description(name)).text() == description(name));
    }
}

TEST_CASE("what is no description is refused") {
    for (const std::string text :
         {"", "hello", "v=0\r\n", "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\n", "m=audio 1 RTP/AVP 0\r\n",
          "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nm=audio x RTP/AVP 0\r\n",
          "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nm=audio 70000 RTP/AVP 0\r\n",
          "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nm=audio 1 RTP/AVP\r\n"}) {
        CAPTURE(text);
        CHECK_FALSE(SdpText::parse(text).has_value());
    }
    CHECK_FALSE(SdpText::parse(std::string(kLargestDescription + 1, 'a')).has_value());
    std::string many = kPhone;
    for (std::size_t i = 0; i <= kMostSections; ++i) many += "m=audio 0 RTP/AVP 0\r\n";
    CHECK_FALSE(SdpText::parse(many).has_value());
}

TEST_CASE("a browser's offer tells its ICE, its certificate and its bundle") {
    const Description said = describe(parsed(description("chromium-video-offer")));
    REQUIRE(said.media.size() == 2);
    const DescribedMedia &audio = said.media[0], &video = said.media[1];
    CHECK(audio.profile.dtls);
    CHECK(audio.profile.feedback);
    CHECK(audio.speaks_ice());
    CHECK(audio.credentials.password.size() >= 22);
    CHECK(audio.candidates.size() >= 2);  // those over TCP are left out
    for (const IceCandidate& one : audio.candidates) CHECK(one.address.port() != 9);
    REQUIRE(audio.fingerprints.size() == 1);
    CHECK(audio.setup == Setup::actpass);
    CHECK(audio.rtcp_mux);
    CHECK(audio.mid == "0");
    CHECK(audio.mid_extension == 4);
    CHECK(audio.bundle == std::size_t{0});
    CHECK(video.bundle == audio.bundle);
    CHECK(video.ssrcs.size() == 2);
    CHECK(std::find(video.payload_types.begin(), video.payload_types.end(), 96) != video.payload_types.end());
}

TEST_CASE("a phone's offer tells its address, its direction and nothing of browsers") {
    const Description said = describe(parsed(kPhone));
    REQUIRE(said.media.size() == 1);
    CHECK(said.media[0].rtp.text() == "198.51.100.7:40000");
    CHECK_FALSE(said.media[0].rtcp);
    CHECK(said.media[0].direction == MediaDirection::send_only);
    CHECK_FALSE(said.media[0].speaks_ice());
    CHECK_FALSE(said.media[0].profile.secure);
}

TEST_CASE("RTCP may have an address of its own (RFC 3605)") {
    const auto rtcp = [](const std::string& line) {
        return describe(parsed(kPhone + line + "\r\n")).media[0].rtcp.value_or(SocketAddress{}).text();
    };
    CHECK(rtcp("a=rtcp:53020") == "198.51.100.7:53020");
    CHECK(rtcp("a=rtcp:53020 IN IP4 192.0.2.8") == "192.0.2.8:53020");
    CHECK(rtcp("a=rtcp:0") == "0.0.0.0:0");
    CHECK(rtcp("a=rtcp:x") == "0.0.0.0:0");
}

TEST_CASE("profiles are told apart by their names (RFC 3551, 3711, 4585, 5124, 5764)") {
    CHECK(profile_of("RTP/AVP").rtp);
    CHECK_FALSE(profile_of("RTP/AVP").secure);
    CHECK(profile_of("RTP/SAVP").secure);
    CHECK(profile_of("RTP/AVPF").feedback);
    CHECK(profile_of("UDP/TLS/RTP/SAVP").dtls);
    for (const char* other : {"udptl", "UDP/TLS/RTP/AVP", "UDP/DTLS/SCTP", "TCP/MSRP", "RTP/AVPX", "RTP/"}) {
        CAPTURE(other);
        CHECK_FALSE(profile_of(other).rtp);
    }
}

TEST_CASE("codecs are compared by name, static payload types by number (RFC 3551)") {
    const auto section = [](const std::string& text) {
        return parsed("v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\n" + text).sections[0];
    };
    const auto browser = parsed(description("chromium-audio-offer")).sections[0];
    CHECK(have_common_codec(browser, section("m=audio 1 RTP/AVP 0\r\n")));
    CHECK(have_common_codec(browser, section("m=audio 1 RTP/AVP 96\r\na=rtpmap:96 OPUS/48000/2\r\n")));
    CHECK_FALSE(have_common_codec(browser, section("m=audio 1 RTP/AVP 18\r\n")));
    CHECK_FALSE(have_common_codec(browser, section("m=audio 1 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n")));
    CHECK(have_common_codec(section("m=audio 1 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000/1\r\n"),
                            section("m=audio 1 RTP/AVP 98\r\na=rtpmap:98 iLBC/8000\r\n")));
}

TEST_CASE("a phone reads a browser's offer as plain RTP, with nothing of browsers left") {
    SdpText text = parsed(description("chromium-video-offer"));
    LocalDescription local;
    local.media = {local_audio("RTP/AVP"), local_audio("RTP/AVP")};
    local.media[1].rtp.set_port(30002);
    local.media[1].rtcp.set_port(30003);
    for (LocalMedia& media : local.media) media.feedback = false;
    write(text, local);
    const std::string phone = text.text();
    CHECK(has_line(phone, "m=audio 30000 RTP/AVP 111 9 0 8 13 110 126"));
    CHECK(has_line(phone, "m=video 30002 RTP/AVP 96 102 104 108 114 116 39 45 98 100"));
    CHECK(has_line(phone, "a=rtcp:30001"));
    CHECK(has_line(phone, "a=rtpmap:111 opus/48000/2"));
    CHECK(has_line(phone, "c=IN IP4 203.0.113.5"));
    for (const char* browsers_only : {"ice-", "candidate", "fingerprint", "setup", "rtcp-mux", "extmap", "rtcp-fb",
                                      "ssrc", "msid", "group:", "mid:", "rtx", "ulpfec", "red/", "127.0.0.1"}) {
        CAPTURE(browsers_only);
        CHECK(phone.find(browsers_only) == std::string::npos);
    }
}

TEST_CASE("a browser reads a phone's offer with ICE, a fingerprint and one port") {
    SdpText text = parsed(kPhone);
    const Fingerprint fingerprint{FingerprintHash::sha256, std::vector<std::uint8_t>(32, 0xab)};
    LocalMedia media = local_audio("UDP/TLS/RTP/SAVPF");
    media.mid = "0";
    media.rtcp_mux = true;
    media.rtcp = media.rtp;
    media.credentials = {"ufrag123", "password-of-twenty-four-c"};
    media.candidates = {{.foundation = "1", .priority = 2130706431, .address = media.rtp}};
    media.fingerprint = &fingerprint;
    media.setup = Setup::actpass;
    LocalDescription local;
    local.media = {media};
    local.bundles = {{0}};
    local.ice_lite = true;
    write(text, local);
    const std::string browser = text.text();
    for (const char* line :
         {"m=audio 30000 UDP/TLS/RTP/SAVPF 0 101", "a=group:BUNDLE 0", "a=ice-lite", "a=mid:0", "a=ice-ufrag:ufrag123",
          "a=ice-pwd:password-of-twenty-four-c", "a=candidate:1 1 UDP 2130706431 203.0.113.5 30000 typ host",
          "a=rtcp-mux", "a=setup:actpass", "a=x-unknown:kept", "a=sendonly", "o=bob 1 1 IN IP4 203.0.113.5",
          "c=IN IP4 203.0.113.5"}) {
        CAPTURE(line);
        CHECK(has_line(browser, line));
    }
    CHECK(browser.find("a=fingerprint:sha-256 AB:AB:") != std::string::npos);
    CHECK(browser.find("198.51.100.7") == std::string::npos);
}

TEST_CASE("a held call's zero address stays zero (RFC 3264 section 8.4)") {
    SdpText text = parsed(kPhone);
    LocalDescription local;
    local.media = {local_audio("RTP/AVP")};
    local.media[0].held_by_address = true;
    write(text, local);
    CHECK(has_line(text.text(), "c=IN IP4 0.0.0.0"));
    CHECK(has_line(text.text(), "m=audio 30000 RTP/AVP 0 101"));
}

TEST_CASE("a refused section has port 0 and keeps its place (RFC 3264 section 6)") {
    SdpText text =
        parsed(kPhone + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=ice-ufrag:x\r\na=sctp-port:5000\r\n");
    LocalDescription local;
    local.media = {local_audio("RTP/AVP"), LocalMedia{.kind = LocalMedia::Kind::refused}};
    write(text, local);
    CHECK(has_line(text.text(), "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"));
    CHECK(text.text().find("ice-ufrag") == std::string::npos);
}

TEST_CASE("an IPv6 address of ours is written as such, in place of an IPv4 one") {
    SdpText text = parsed(kPhone);
    LocalDescription local;
    local.media = {local_audio("RTP/AVP")};
    local.media[0].rtp = *SocketAddress::from_text("[2001:db8::5]:30000");
    local.media[0].rtcp = *SocketAddress::from_text("[2001:db8::5]:30001");
    write(text, local);
    CHECK(has_line(text.text(), "c=IN IP6 2001:db8::5"));
    CHECK(has_line(text.text(), "o=bob 1 1 IN IP6 2001:db8::5"));
}
