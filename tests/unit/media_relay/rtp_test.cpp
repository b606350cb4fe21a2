// rtp: RTP headers and RTCP compounds with bounds, packet kinds, feedback taken out, statistics.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "hex.hpp"
#include "modules/media_relay/packet/feedback_bridge.hpp"
#include "modules/media_relay/packet/stream_statistics.hpp"

using namespace viaduct;
using namespace viaduct::media_relay;

namespace {

const char* const kSenderReport =
    "81c8000c 00000001 0102030405060708 00000064 00000005 00000320"
    "00000002 40fffffe 00010005 00000010 aabbccdd 00008000";
const char* const kSourceDescription = "81ca0004 00000001 0105616c696365 0000 000000";
const char* const kReceiverReport = "80c90001 00000001";
const char* const kGoodbye = "81cb0001 00000001";
const char* const kNack = "81cd0003 00000001 00000002 00110000";
const char* const kPictureLoss = "81ce0002 00000001 00000002";
const char* const kTransportWide = "8fcd0004 00000001 00000002 00010001 00000000";
const char* const kEstimate = "8fce0005 00000001 00000000 52454d42 01000000 00000002";
const char* const kFullIntra = "84ce0004 00000001 00000000 00000002 01000000";

std::vector<std::uint8_t> joined(std::initializer_list<const char*> parts) {
    std::vector<std::uint8_t> all;
    for (const char* part : parts) {
        const auto bytes = from_hex(part);
        all.insert(all.end(), bytes.begin(), bytes.end());
    }
    return all;
}

RtpHeader header(std::uint16_t sequence, std::uint32_t timestamp) {
    RtpHeader made;
    made.sequence = sequence;
    made.timestamp = timestamp;
    return made;
}

}  // namespace

TEST_CASE("the first byte tells STUN, DTLS, RTP and RTCP apart (RFC 7983 section 7, RFC 5761 section 4)") {
    const auto kind = [](std::uint8_t first, std::uint8_t second = 0) {
        const std::array<std::uint8_t, 2> packet{first, second};
        return kind_of(packet);
    };
    CHECK(kind(0) == PacketKind::stun);
    CHECK(kind(3) == PacketKind::stun);
    CHECK(kind(4) == PacketKind::unknown);
    CHECK(kind(19) == PacketKind::unknown);
    CHECK(kind(20) == PacketKind::dtls);
    CHECK(kind(63) == PacketKind::dtls);
    CHECK(kind(64) == PacketKind::unknown);
    CHECK(kind(127) == PacketKind::unknown);
    CHECK(kind(128) == PacketKind::rtp);
    CHECK(kind(128, 191) == PacketKind::rtp);
    CHECK(kind(128, 192) == PacketKind::rtcp);
    CHECK(kind(191, 223) == PacketKind::rtcp);
    CHECK(kind(191, 224) == PacketKind::rtp);
    CHECK(kind(192) == PacketKind::unknown);
    CHECK(kind_of({}) == PacketKind::unknown);
}

TEST_CASE("an RTP header with CSRCs, extension and padding is measured (RFC 3550 section 5.1)") {
    const auto packet =
        from_hex("b1 80 1234 00000102 deadbeef 00000009 bede0002 10aa 21bbcc 000000 0102030405 00 00 03");
    const auto header = parse_rtp(packet);
    REQUIRE(header);
    CHECK(header->marker);
    CHECK(header->payload_type == 0);
    CHECK(header->sequence == 0x1234);
    CHECK(header->timestamp == 0x102);
    CHECK(header->ssrc == 0xdeadbeef);
    CHECK(header->header_size == 28);
    CHECK(header->padding == 3);
    CHECK(header->payload_size == 5);
    CHECK(header_extension(packet, *header, 1).size() == 1);
    CHECK(header_extension(packet, *header, 2)[1] == 0xcc);
    CHECK(header_extension(packet, *header, 3).empty());
}

TEST_CASE("header extensions in two-byte form are found (RFC 8285 section 4.3)") {
    const auto packet = from_hex("90 00 0001 00000000 00000001 10000002 0100 00 1402 aabb 00");
    const auto header = parse_rtp(packet);
    REQUIRE(header);
    CHECK(header_extension(packet, *header, 0x14).size() == 2);
    CHECK(header_extension(packet, *header, 1).empty());
}

TEST_CASE("an RTP packet whose parts do not fit its size is refused") {
    for (const char* text : {
             "",
             "80 00 0001 00000000 000000",                      // eleven bytes
             "40 00 0001 00000000 00000001",                    // version 1
             "81 00 0001 00000000 00000001",                    // a CSRC that is not there
             "90 00 0001 00000000 00000001",                    // an extension that is not there
             "90 00 0001 00000000 00000001 bede0002 00000000",  // half an extension
             "a0 00 0001 00000000 00000001 ff 00",              // padding of nothing
             "a0 00 0001 00000000 00000001 ff 03",              // more padding than payload
         }) {
        CHECK_FALSE(parse_rtp(from_hex(text)));
    }
}

TEST_CASE("a compound is taken apart, with its report (RFC 3550 section 6.4.1)") {
    const auto compound = joined({kSenderReport, kSourceDescription, kGoodbye});
    RtcpReader reader{compound};
    const auto report = reader.next();
    REQUIRE(report);
    CHECK(report->type == RtcpType::sender_report);
    CHECK(report->ssrc == 1);
    REQUIRE(report_count(*report) == 1);
    const auto block = report_block(*report, 0);
    CHECK(block.ssrc == 2);
    CHECK(block.fraction_lost == 0x40);
    CHECK(block.lost == -2);
    CHECK(block.highest_sequence == 0x10005);
    CHECK(block.jitter == 0x10);
    CHECK(block.delay_since == 0x8000);
    CHECK(reader.next()->type == RtcpType::source_description);
    CHECK(reader.next()->type == RtcpType::goodbye);
    CHECK_FALSE(reader.next());
    CHECK_FALSE(reader.failed());
    CHECK(is_sound_rtcp(compound));
}

TEST_CASE("a compound cut anywhere but between packets is not sound") {
    const auto compound = joined({kSenderReport, kSourceDescription});
    const std::size_t between = from_hex(kSenderReport).size();
    for (std::size_t size = 0; size < compound.size(); ++size) {
        const std::vector<std::uint8_t> part(compound.begin(), compound.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(is_sound_rtcp(part) == (size == between));
    }
}

TEST_CASE("an RTCP packet that promises more reports than it holds is not sound") {
    CHECK_FALSE(is_sound_rtcp(from_hex("81c90001 00000001")));
    CHECK_FALSE(is_sound_rtcp(from_hex("85cb0001 00000001")));
    CHECK_FALSE(is_sound_rtcp(from_hex("81cd0001 00000001")));
    CHECK_FALSE(is_sound_rtcp(from_hex("a0c90001 00000001")));                     // padding 1, not of four
    CHECK_FALSE(is_sound_rtcp(joined({"a0c90002 00000001 00000004", kGoodbye})));  // padding not in the last
    CHECK(is_sound_rtcp(from_hex("a0c90002 00000001 00000004")));
}

TEST_CASE("feedback is told apart (RFC 4585 section 6, RFC 5104 section 4.3)") {
    const auto feedback = [](const char* text) {
        const auto bytes = from_hex(text);
        return RtcpReader{bytes}.next()->feedback();
    };
    CHECK(feedback(kNack) == Feedback::nack);
    CHECK(feedback(kPictureLoss) == Feedback::picture_loss);
    CHECK(feedback(kTransportWide) == Feedback::transport_wide);
    CHECK(feedback(kEstimate) == Feedback::receiver_estimate);
    CHECK(feedback(kFullIntra) == Feedback::full_intra);
    CHECK(feedback(kGoodbye) == Feedback::none);
}

TEST_CASE("towards AVP, feedback is taken out and reports stay (RFC 4585 section 5)") {
    auto compound = joined({kReceiverReport, kNack, kSourceDescription, kPictureLoss, kTransportWide, kGoodbye});
    FeedbackCounts taken{};
    const std::size_t size = take_out_feedback(compound, taken);
    compound.resize(size);
    CHECK(compound == joined({kReceiverReport, kSourceDescription, kGoodbye}));
    CHECK(taken[static_cast<std::size_t>(Feedback::nack)] == 1);
    CHECK(taken[static_cast<std::size_t>(Feedback::picture_loss)] == 1);
    CHECK(taken[static_cast<std::size_t>(Feedback::transport_wide)] == 1);
}

TEST_CASE("a reduced-size packet of feedback alone leaves nothing for AVP (RFC 5506)") {
    auto compound = joined({kPictureLoss, kEstimate});
    FeedbackCounts taken{};
    CHECK(take_out_feedback(compound, taken) == 0);
    CHECK(taken[static_cast<std::size_t>(Feedback::receiver_estimate)] == 1);
}

TEST_CASE("loss is counted by extended sequence number, over the wrap (RFC 3550 appendix A.3)") {
    StreamStatistics stream{1};
    TimePoint now{};
    for (unsigned i = 0; i < 100; ++i, now += 20ms) {
        if (i % 10 == 9) continue;
        stream.add(header(static_cast<std::uint16_t>(65500 + i), i * 160), 172, 8000, now);
    }
    CHECK(stream.packets() == 90);
    CHECK(stream.expected() == 99);  // the last one is not known to be missing
    CHECK(stream.lost() == 9);
    CHECK(stream.bytes() == 90 * 172);
    CHECK(stream.jitter() < 1us);
}

TEST_CASE("a late packet is not lost, and a sender that begins anew costs nothing (RFC 3550 appendix A.1)") {
    StreamStatistics stream{1};
    for (const unsigned sequence : {10U, 12U, 11U, 13U}) {
        stream.add(header(static_cast<std::uint16_t>(sequence), 0), 172, 8000, TimePoint{});
    }
    CHECK(stream.lost() == 0);
    for (const unsigned sequence : {40000U, 40001U, 40002U}) {
        stream.add(header(static_cast<std::uint16_t>(sequence), 0), 172, 8000, TimePoint{});
    }
    CHECK(stream.expected() == 7);
    CHECK(stream.lost() == 0);
}

TEST_CASE("jitter approaches the mean deviation (RFC 3550 appendix A.8)") {
    StreamStatistics stream{1};
    TimePoint now{};
    for (unsigned i = 0; i < 500; ++i) {
        stream.add(header(static_cast<std::uint16_t>(i), i * 160), 172, 8000, now + (i % 2 == 0 ? 5ms : 0ms));
        now += 20ms;
    }
    CHECK(stream.jitter() > 4900us);
    CHECK(stream.jitter() < 5100us);
}

TEST_CASE("the estimate of quality falls with loss and jitter, and is none before anything was heard") {
    const auto score = [](unsigned lose_every, Duration shake) {
        StreamStatistics stream{1};
        TimePoint now{};
        for (unsigned i = 0; i < 1000; ++i, now += 20ms) {
            if (lose_every != 0 && i % lose_every == 1) continue;
            stream.add(header(static_cast<std::uint16_t>(i), i * 160), 172, 8000, now + (i % 2 == 0 ? shake : 0ms));
        }
        return stream.mean_opinion_score();
    };
    CHECK(StreamStatistics{1}.mean_opinion_score() == 0);
    CHECK(score(0, 0ms) == Approx(4.35).margin(0.05));
    CHECK(score(20, 0ms) < 3.9);
    CHECK(score(3, 0ms) < 2.0);
    CHECK(score(0, 100ms) < score(0, 0ms) - 0.2);
}

TEST_CASE("a table of streams holds so many and no more") {
    StreamTable table{2};
    CHECK(table.find_or_add(1) != nullptr);
    CHECK(table.find_or_add(2) != nullptr);
    CHECK(table.find_or_add(3) == nullptr);
    CHECK(table.find_or_add(1)->ssrc() == 1);
}
