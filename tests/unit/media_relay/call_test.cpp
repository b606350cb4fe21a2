// call: offers and answers of browsers and phones on their way through the relay (RFC 3264 and what builds on it).
// SPDX-License-Identifier: Apache-2.0
#include "call_bench.hpp"

using namespace viaduct;
using namespace viaduct::test;

namespace {

// What a browser's side is asked for by the operators' scripts of this world, and a phone's.
const Flags kToPhone{
    "ICE=remove",   "RTP/AVP", "rtcp-mux-demux", "DTLS=off", "SDES-off", "replace-origin", "replace-session-connection",
    "trust-address"};
const Flags kToBrowser{"ICE=force",    "UDP/TLS/RTP/SAVPF", "rtcp-mux-offer", "generate-mid",
                       "DTLS=passive", "SDES-off",          "replace-origin"};

}  // namespace

TEST_CASE("two phones: each is told our address, and ports of a pair (RFC 3550 section 11)") {
    CallBench bench;
    const auto offer = said(bench.offer("a", "", phone(4000)).value());
    CHECK(offer.media[0].rtp.ip() == "203.0.113.5");
    CHECK(offer.media[0].rtp.port() % 2 == 0);
    CHECK(offer.media[0].rtcp->port() == offer.media[0].rtp.port() + 1);
    const auto answer = said(bench.answer("a", "b", phone(5000)).value());
    CHECK(answer.media[0].rtp.ip() == "203.0.113.5");
    CHECK(answer.media[0].rtp.port() != offer.media[0].rtp.port());
    CHECK(bench.ports_in_use() == 2);
    CHECK(bench.call.remove("a", "b", "") == 1);
    CHECK(bench.ports_in_use() == 0);
    CHECK(bench.transports() == 0);
}

TEST_CASE(
    "session name and user name stay what the reader was told first, where that is asked for (RFC 8866 section 5)") {
    const bool asked = GENERATE(true, false);
    const Flags flags = asked ? Flags{"replace-session-name", "replace-username"} : Flags{};
    CallBench bench;
    bench.offer("a", "", phone(4000), flags).value();
    bench.answer("a", "b", phone(5000), flags).value();
    std::string again = phone(4000);
    again.replace(again.find("o=bob"), 5, "o=bobby");
    again.replace(again.find("s=-"), 3, "s=other");
    const std::string told = bench.offer("a", "b", again, flags).value();
    CHECK(told.find(asked ? "o=bob 1" : "o=bobby 1") != std::string::npos);
    CHECK(told.find(asked ? "s=-\r" : "s=other\r") != std::string::npos);
}

TEST_CASE("a browser calls a phone: the phone reads plain RTP, the browser one bundled DTLS transport") {
    CallBench bench;
    const auto to_phone = said(bench.offer("a", "", description("chromium-audio-offer"), kToPhone).value());
    CHECK(to_phone.media[0].line.protocol == "RTP/AVP");
    CHECK_FALSE(to_phone.media[0].speaks_ice());
    CHECK_FALSE(to_phone.media[0].rtcp_mux);
    const std::string answer = bench.answer("a", "b", phone(5000), {"ICE=force", "DTLS=passive"}).value();
    const auto to_browser = said(answer);
    const DescribedMedia& audio = to_browser.media[0];
    CHECK(audio.line.protocol == "UDP/TLS/RTP/SAVPF");
    CHECK(audio.speaks_ice());
    CHECK(audio.setup == Setup::passive);
    CHECK(audio.fingerprints.size() == 1);
    CHECK(audio.rtcp_mux);
    CHECK(audio.mid == "0");
    CHECK(audio.bundle == std::size_t{0});
    CHECK(to_browser.ice_lite);
    CHECK(audio.candidates.size() == 1);
    CHECK(audio.candidates[0].address == audio.rtp);
}

TEST_CASE(
    "a phone calls a browser: the offer leaves the DTLS role open, an active answer makes us passive (RFC 5763)") {
    CallBench bench;
    const auto to_browser = said(bench.offer("a", "", phone(4000), kToBrowser).value());
    CHECK(to_browser.media[0].setup == Setup::actpass);
    CHECK(to_browser.media[0].rtcp_mux);
    CHECK(to_browser.media[0].mid == "0");
    CHECK(to_browser.media[0].candidates.size() == 1);
    const auto to_phone = said(bench.answer("a", "b", description("chromium-audio-answer"), {"ICE=remove"}).value());
    CHECK(to_phone.media[0].line.protocol == "RTP/AVP");
    CHECK_FALSE(to_phone.media[0].speaks_ice());
    CHECK(to_phone.media[0].mid.empty());
    CHECK(bench.transports() == 2);
}

TEST_CASE("two browsers keep bundle, video, RTX and header extensions, on one transport each (RFC 8843)") {
    CallBench bench;
    const std::string offered = bench.offer("a", "", description("chromium-video-offer")).value();
    const auto offer = said(offered);
    CHECK(offer.media[0].rtp == offer.media[1].rtp);
    CHECK(offer.media[0].bundle == offer.media[1].bundle);
    CHECK(offer.media[1].ssrcs == said(description("chromium-video-offer")).media[1].ssrcs);
    CHECK(offered.find("rtx/90000") != std::string::npos);
    CHECK(offered.find("a=rtcp-fb:96 nack pli") != std::string::npos);
    CHECK(offered.find("extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid") != std::string::npos);
    CHECK(offer.media[0].credentials != said(description("chromium-video-offer")).media[0].credentials);
    const auto answer = said(bench.answer("a", "b", description("chromium-video-answer")).value());
    CHECK(answer.media[0].rtp == answer.media[1].rtp);
    CHECK(answer.media[1].bundle == std::size_t{0});
    CHECK(bench.transports() == 2);
    CHECK(bench.ports_in_use() == 2);
}

TEST_CASE("a browser with video and a phone with video: the phone has a port for each, the browser one for both") {
    CallBench bench;
    const auto offer = said(bench.offer("a", "", description("chromium-video-offer"), kToPhone).value());
    CHECK(offer.media[0].rtp != offer.media[1].rtp);
    const std::string video = "m=video 5002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n";
    const auto answer = said(bench.answer("a", "b", phone(5000, video)).value());
    CHECK(answer.media[0].rtp == answer.media[1].rtp);
    CHECK(answer.media[1].mid == "1");
    CHECK(bench.transports() == 3);
}

TEST_CASE("a refused section frees its ports and is refused to the offerer (RFC 3264 section 6)") {
    CallBench bench;
    CHECK(bench.offer("a", "", description("chromium-video-offer"), kToPhone));
    CHECK(bench.transports() == 2);
    const auto answer = said(bench.answer("a", "b", phone(5000, "m=video 0 RTP/AVP 96\r\n")).value());
    CHECK(answer.media[1].line.port == 0);
    CHECK(answer.media[0].line.port != 0);
    CHECK(bench.transports() == 2);  // one towards each
}

TEST_CASE("data channels are refused, MSRP over TCP passes by") {
    CallBench bench;
    const std::string more =
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nm=message 2855 TCP/MSRP "
        "*\r\na=path:msrp://x:2855/s;tcp\r\n";
    const std::string offer = bench.offer("a", "", phone(4000, more)).value();
    CHECK(said(offer).media[1].line.port == 0);
    CHECK(offer.find("m=message 2855 TCP/MSRP *\r\n") != std::string::npos);
    const std::string answer = bench.answer("a", "b", phone(5000, more)).value();
    CHECK(said(answer).media[1].line.port == 0);
    CHECK(said(answer).media[2].line.port == 2855);
}

TEST_CASE("without a common codec there is no call, and the ports of the answer are not taken") {
    CallBench bench;
    CHECK(bench.offer(
        "a", "", "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 1.2.3.4\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18\r\n"));
    const auto answer = bench.answer("a", "b", phone(5000));
    REQUIRE_FALSE(answer);
    CHECK(answer.error() == MediaErrc::no_common_codec);
    CHECK(bench.transports() == 1);
}

TEST_CASE("an answer nobody asked for, and bad descriptions, are refused and leave nothing behind") {
    CallBench bench;
    CHECK(bench.answer("a", "b", phone(5000)).error() == MediaErrc::unknown_call);
    CHECK(bench.offer("a", "", "nonsense").error() == MediaErrc::bad_description);
    CHECK(bench.call.empty());
    CHECK(bench.transports() == 0);
}

TEST_CASE("when ports run out the offer is refused and what it had taken comes back") {
    CallBench bench{28100, 28103};  // two pairs
    const std::string three = "m=audio 4002 RTP/AVP 0\r\nm=audio 4004 RTP/AVP 0\r\n";
    CHECK(bench.offer("a", "", phone(4000, three)).error() == MediaErrc::no_ports);
    CHECK(bench.ports_in_use() == 0);
    CHECK(bench.call.empty());
}

TEST_CASE("hold and resume keep ports, credentials and roles (RFC 3264 section 8.4, RFC 8842 section 5.5)") {
    CallBench bench;
    const auto first = said(bench.offer("a", "", description("chromium-audio-offer"), kToPhone).value());
    const auto before = said(bench.answer("a", "b", phone(5000)).value());
    const auto held = bench.offer("b", "a", phone(5000, "a=sendonly\r\n"), kToBrowser).value();
    CHECK(held.find("a=sendonly") != std::string::npos);
    const auto offer = said(held).media[0];
    CHECK(offer.rtp == before.media[0].rtp);
    CHECK(offer.credentials == before.media[0].credentials);
    CHECK(offer.fingerprints == before.media[0].fingerprints);
    CHECK(offer.setup == Setup::actpass);
    const auto answered = said(bench.answer("b", "a", description("chromium-audio-answer"), kToPhone).value());
    CHECK(answered.media[0].rtp == first.media[0].rtp);
    CHECK(bench.transports() == 2);
}

TEST_CASE("an address of zero holds a call and is no place to send to") {
    CallBench bench;
    CHECK(bench.offer("a", "", phone(4000)));
    CHECK(bench.answer("a", "b", phone(5000)));
    const std::string held = bench.offer("a", "b", phone(4000, "", "0.0.0.0")).value();
    CHECK(held.find("c=IN IP4 0.0.0.0\r\n") != std::string::npos);
    CHECK(bench.answer("a", "b", phone(5000)));
    CHECK(bench.call.dialogues()[0]->is_held());
    CHECK(bench.offer("a", "b", phone(4000)));
    CHECK(bench.answer("a", "b", phone(5000)));
    CHECK_FALSE(bench.call.dialogues()[0]->is_held());
}

TEST_CASE(
    "other ICE credentials of the offerer are a restart: ours change, too; the same ones change nothing (RFC 8839)") {
    CallBench bench;
    const std::string browser = description("chromium-audio-offer");
    CHECK(bench.offer("a", "", browser, kToPhone));
    const auto before = said(bench.answer("a", "b", phone(5000)).value()).media[0].credentials;
    CHECK(bench.offer("a", "b", browser, kToPhone));
    CHECK(said(bench.answer("a", "b", phone(5000)).value()).media[0].credentials == before);
    std::string restarted = browser;
    const auto at = restarted.find("a=ice-ufrag:") + 12;
    restarted.replace(at, 4, "NEWU");
    CHECK(bench.offer("a", "b", restarted, kToPhone));
    CHECK(said(bench.answer("a", "b", phone(5000)).value()).media[0].credentials != before);
}

TEST_CASE("added video gets its own transport towards phones; what was there stays") {
    CallBench bench;
    const std::string video = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n";
    const auto one = said(bench.offer("a", "", phone(4000)).value());
    CHECK(bench.answer("a", "b", phone(5000)));
    const auto two = said(bench.offer("a", "b", phone(4000, video)).value());
    CHECK(two.media[0].rtp == one.media[0].rtp);
    CHECK(two.media[1].rtp != one.media[0].rtp);
    CHECK(bench.answer("a", "b", phone(5000, video)));
    CHECK(bench.transports() == 4);
}

TEST_CASE("a refused re-INVITE changes nothing of what flows") {
    CallBench bench;
    CHECK(bench.offer("a", "", phone(4000)));
    CHECK(bench.answer("a", "b", phone(5000)));
    CHECK(bench.offer("a", "b", phone(4444)));  // 488 follows: no answer
    const auto& transport = *bench.call.dialogues()[0]->leg(Party::first).transports[0];
    CHECK(transport.remote().rtp.port() == 4000);
}

TEST_CASE("each branch of a forked INVITE has legs of its own, and goes alone") {
    CallBench bench;
    const auto first = said(bench.offer("a", "", phone(4000), {}, "branch1").value());
    const auto second = said(bench.offer("a", "", phone(4000), {}, "branch2").value());
    CHECK(first.media[0].rtp != second.media[0].rtp);
    const auto answer1 = said(bench.answer("a", "b1", phone(5000), {}, "branch1").value());
    const auto answer2 = said(bench.answer("a", "b2", phone(6000), {}, "branch2").value());
    CHECK(answer1.media[0].rtp != answer2.media[0].rtp);
    CHECK(bench.transports() == 4);
    CHECK(bench.call.remove("a", "", "branch1") == 1);
    CHECK(bench.transports() == 2);
    CHECK(bench.call.remove("b2", "a", "some-other-branch") == 1);  // BYE of the callee
    CHECK(bench.call.empty());
}

TEST_CASE("serial forking without branches: the next callee gets fresh ports, the caller keeps its own") {
    CallBench bench;
    const auto first = said(bench.offer("a", "", phone(4000)).value());
    const auto answer = said(bench.answer("a", "b", phone(5000)).value());
    const auto next = said(bench.offer("a", "", phone(4000)).value());
    CHECK(next.media[0].rtp != first.media[0].rtp);
    CHECK(said(bench.answer("a", "c", phone(6000)).value()).media[0].rtp == answer.media[0].rtp);
    CHECK(bench.transports() == 2);
}

TEST_CASE("an offer in a 200 is answered in the ACK: both tags are known from the first (RFC 3261 section 13.2.1)") {
    CallBench bench;
    const auto offer = said(bench.offer("callee", "caller", phone(5000)).value());
    CHECK(offer.media[0].rtp.ip() == "203.0.113.5");
    CHECK(bench.answer("callee", "caller", phone(4000)));
    CHECK(bench.transports() == 2);
    CHECK(bench.call.remove("caller", "callee", "") == 1);
}

TEST_CASE("an answer said twice, as in 183 and 200, is the same both times") {
    CallBench bench;
    CHECK(bench.offer("a", "", description("chromium-audio-offer"), kToPhone));
    const auto early = bench.answer("a", "b", phone(5000)).value();
    CHECK(bench.answer("a", "b", phone(5000)).value() == early);
    CHECK(bench.transports() == 2);
}

TEST_CASE("keys of SDES: we choose one suite we speak of an offer, and offer all of ours (RFC 4568 section 5)") {
    CallBench bench;
    const std::string keys =
        "a=crypto:3 F8_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"
        "a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n";
    std::string secure = phone(4000, keys);
    secure.replace(secure.find("RTP/AVP"), 7, "RTP/SAVP");
    const auto offer = said(bench.offer("a", "", secure, {"RTP/SAVP", "DTLS=off"}).value());
    CHECK(offer.media[0].cryptos.size() == kSrtpSuites);
    std::string chosen =
        phone(5000, "a=crypto:4 AES_CM_128_HMAC_SHA1_32 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n");
    chosen.replace(chosen.find("RTP/AVP"), 7, "RTP/SAVP");
    const auto answer = said(bench.answer("a", "b", chosen).value());
    REQUIRE(answer.media[0].cryptos.size() == 1);
    CHECK(answer.media[0].cryptos[0].tag == 5);
    CHECK(answer.media[0].cryptos[0].keying.suite == SrtpSuite::aes_cm_128_hmac_sha1_80);
    CHECK(answer.media[0].cryptos[0].keying.bytes != said(secure).media[0].cryptos[0].keying.bytes);
}

TEST_CASE("a secure section without keys we understand is refused, and so is an answer without any") {
    CallBench bench;
    std::string secure = phone(4000);
    secure.replace(secure.find("RTP/AVP"), 7, "RTP/SAVP");
    CHECK(bench.offer("a", "", secure, {"RTP/AVP"}));
    CHECK_FALSE(bench.answer("a", "b", phone(5000)));
    CallBench other;
    CHECK(other.offer("a", "", phone(4000), {"RTP/SAVP"}));
    CHECK(other.answer("a", "b", secure).error() == MediaErrc::bad_description);
}

TEST_CASE("each side is told an address of its own family, as it can reach") {
    CallBench bench{20000, 29999, true};
    const auto offer = said(bench.offer("a", "", phone(4000), {"address-family=IP6"}).value());
    CHECK(offer.media[0].rtp.ip() == "2001:db8::5");
    const auto answer = said(bench.answer("a", "b", phone(5000, "", "2001:db8::7")).value());
    CHECK(answer.media[0].rtp.ip() == "203.0.113.5");
}

TEST_CASE("towards ICE there are candidates of both families (RFC 8421)") {
    CallBench bench{20000, 29999, true};
    const auto offer = said(bench.offer("a", "", phone(4000), kToBrowser).value());
    REQUIRE(offer.media[0].candidates.size() == 2);
    CHECK(offer.media[0].candidates[0].address.is_v6() != offer.media[0].candidates[1].address.is_v6());
}

TEST_CASE("T.38 takes the place of audio, and back (RFC 3362, ITU-T T.38 annex D)") {
    CallBench bench;
    const auto fax = [](unsigned port) {
        return fmt::format(
            "v=0\r\no=- 1 2 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\nm=image {} udptl t38\r\n"
            "a=T38FaxVersion:0\r\na=T38FaxMaxDatagram:400\r\n",
            port);
    };
    CHECK(bench.offer("a", "", phone(4000)));
    CHECK(bench.answer("a", "b", phone(5000)));
    const std::string offer = bench.offer("b", "a", fax(5000)).value();
    CHECK(offer.find("udptl t38") != std::string::npos);
    CHECK(offer.find("T38FaxMaxDatagram:400") != std::string::npos);
    CHECK(offer.find("a=rtcp") == std::string::npos);
    CHECK(said(offer).media[0].rtp.ip() == "203.0.113.5");
    CHECK(bench.answer("b", "a", fax(4000)));
    CHECK(bench.transports() == 2);
    CHECK(bench.offer("a", "b", phone(4000)));
    CHECK(bench.answer("a", "b", phone(5000)));
}

TEST_CASE(
    "rtcp-mux is offered with a port to fall back to, and answered as the phone answered (RFC 5761 section 5.1.1)") {
    CallBench bench;
    const auto offer = said(bench.offer("a", "", phone(4000), {"rtcp-mux-offer"}).value());
    CHECK(offer.media[0].rtcp_mux);
    CHECK(offer.media[0].rtcp->port() == offer.media[0].rtp.port() + 1);
    const auto answer = said(bench.answer("a", "b", phone(5000)).value());
    CHECK_FALSE(answer.media[0].rtcp_mux);
    CHECK(bench.call.dialogues()[0]->leg(Party::second).transports[0]->has_rtcp());
    CallBench other;
    CHECK(other.offer("a", "", phone(4000), {"rtcp-mux-offer"}));
    CHECK(other.answer("a", "b", phone(5000, "a=rtcp-mux\r\n")));
    CHECK_FALSE(other.call.dialogues()[0]->leg(Party::second).transports[0]->has_rtcp());
}

TEST_CASE("a later offer with fewer sections is no offer (RFC 3264 section 8)") {
    CallBench bench;
    const std::string two = "m=audio 4002 RTP/AVP 0\r\n";
    CHECK(bench.offer("a", "", phone(4000, two)));
    CHECK(bench.answer("a", "b", phone(5000, two)));
    CHECK(bench.offer("a", "b", phone(4000)).error() == MediaErrc::bad_description);
    CHECK(bench.call.set_blocked("a", true));
    CHECK(bench.answer("a", "b", phone(5000)));  // fewer in an answer: what is missing is refused
    CHECK(bench.transports() == 2);
    CHECK(bench.call.set_blocked("a", false));
}

TEST_CASE("branches of one call are bounded") {
    CallBench bench;
    std::size_t made = 0;
    for (int i = 0; i < 100; ++i) made += bench.offer("a", "", phone(4000), {}, fmt::format("z{}", i)) ? 1 : 0;
    CHECK(made == RelaySettings{}.most_dialogues);
    CHECK(bench.call.remove("", "", "") == made);
    CHECK(bench.ports_in_use() == 0);
}
