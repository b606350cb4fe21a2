// bencode_test: the values of ng messages, and bytes that are none (BEP 3).
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "modules/rtpengine/bencode.hpp"
#include "modules/rtpengine/flag_words.hpp"
#include "modules/rtpengine/ng_message.hpp"

namespace viaduct::rtpengine {

namespace {
std::string written(const Bencode& value) {
    std::string text;
    write_bencode(value, text);
    return text;
}
}  // namespace

TEST_CASE("what is written is read again") {
    BencodeDictionary dictionary;
    dictionary.emplace("command", "ping");
    dictionary.emplace("flags", BencodeList{"a", std::int64_t{-7}, BencodeDictionary{}});
    const std::string text = written(dictionary);
    CHECK(text == "d7:command4:ping5:flagsl1:ai-7edeee");
    const auto back = read_bencode(text);
    REQUIRE(back.has_value());
    CHECK(back->text_of("command") == "ping");
    CHECK(written(*back) == text);
}

TEST_CASE("bytes that are no whole value are refused, whatever they promise") {
    for (const char* text : {"", "i", "i1", "ie", "i1x", "5:abc", "-1:", "99999999999999999999:", "l", "li1e", "d",
                             "d1:a", "d1:ae", "di1e1:ae", "4:pongx", "x", "1:", "d3:key"}) {
        CAPTURE(text);
        CHECK_FALSE(read_bencode(text).has_value());
    }
    CHECK_FALSE(read_bencode(std::string(10000, 'l')).has_value());
    CHECK_FALSE(read_bencode(std::string(40, 'l') + std::string(40, 'e')).has_value());
    CHECK(read_bencode("0:").has_value());
}

TEST_CASE("Kamailio's flag words become the entries that RTPEngine knows") {
    BencodeDictionary message;
    for (const auto word : split_words("  replace-origin replace-session-connection trust-address address-family=IP6 "
                                       "rtcp-mux-demux DTLS=off SDES-off ICE=remove RTP/AVP codec-strip-opus\t")) {
        add_flag_word(word, message);
    }
    CHECK(
        written(message) ==
        "d4:DTLS3:off3:ICE6:remove4:SDESl3:offe14:address family3:IP65:codecd5:stripl4:opusee5:flagsl13:trust-addresse"
        "7:replacel6:origin18:session-connectione8:rtcp-muxl5:demuxe18:transport-protocol7:RTP/AVPe");
}

TEST_CASE("set and via-branch are ours, not the relay's") {
    auto words = split_words("ICE=force via-branch=extra set=3");
    const OwnWords own = take_own_words(words);
    CHECK(own.via_branch);
    CHECK(own.set == 3U);
    CHECK(words.size() == 1);
}

TEST_CASE("what a browser needs in an offer, as an ng message") {
    MediaDescription description;
    description.call_id = "c";
    description.from_tag = "f";
    description.sdp = "v=0\r\n";
    description.needs.protocol = "UDP/TLS/RTP/SAVPF";
    description.needs.ice = MediaIce::force;
    description.needs.dtls = MediaDtls::passive;
    description.needs.rtcp_mux = MediaRtcpMux::offer;
    description.needs.generate_mid = true;
    description.needs.sdes = false;
    const Bencode message{describe("offer", description)};
    CHECK(message.text_of("DTLS-reverse") == "passive");
    CHECK(message.text_of("ICE") == "force");
    CHECK(message.text_of("to-tag").empty());
    CHECK(written(*message.find("SDES")) == "l3:offe");
    const Bencode answer{describe("answer", description)};
    CHECK(answer.text_of("DTLS-reverse").empty());
}

TEST_CASE("a relay's no is told apart by its words") {
    const auto error = [](const char* reason) {
        std::string said;
        return rewritten(BencodeDictionary{{"result", "error"}, {"error-reason", reason}}, said).error();
    };
    CHECK(error("Unknown call-id") == MediaErrc::unknown_call);
    CHECK(error("Ran out of ports") == MediaErrc::no_ports);
    CHECK(error("Failed to parse SDP") == MediaErrc::bad_description);
    CHECK(error("whatever") == MediaErrc::refused);
}

}  // namespace viaduct::rtpengine
