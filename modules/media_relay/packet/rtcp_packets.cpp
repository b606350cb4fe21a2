// rtcp_packets: see rtcp_packets.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "packet/rtcp_packets.hpp"

#include <cstring>

#include "packet/byte_order.hpp"

namespace viaduct::media_relay {
namespace {

constexpr std::size_t kHeader = 4, kReportBlock = 24, kSenderInfo = 20, kReceiverEstimate = 16;

// What must be there after the first four bytes, by type and count.
std::size_t promised_size(RtcpType type, std::size_t count) {
    switch (type) {
        case RtcpType::sender_report: return 4 + kSenderInfo + count * kReportBlock;
        case RtcpType::receiver_report: return 4 + count * kReportBlock;
        case RtcpType::goodbye: return 4 * count;
        case RtcpType::application:
        case RtcpType::transport_feedback:
        case RtcpType::payload_feedback: return 8;
        case RtcpType::extended_report: return 4;
        case RtcpType::source_description:
        default: return 0;
    }
}

std::uint32_t sender_of(Bytes packet) { return packet.size() >= 8 ? read_32(&packet[4]) : 0; }

}  // namespace

Feedback RtcpPacket::feedback() const {
    if (type == RtcpType::transport_feedback) {
        return count == 1 ? Feedback::nack : count == 15 ? Feedback::transport_wide : Feedback::other;
    }
    if (type != RtcpType::payload_feedback) return Feedback::none;
    if (count == 1) return Feedback::picture_loss;
    if (count == 4) return Feedback::full_intra;
    const bool estimate = count == 15 && bytes.size() >= kReceiverEstimate && std::memcmp(&bytes[12], "REMB", 4) == 0;
    return estimate ? Feedback::receiver_estimate : Feedback::other;
}

std::size_t report_count(const RtcpPacket& packet) {
    const bool report = packet.type == RtcpType::sender_report || packet.type == RtcpType::receiver_report;
    return report ? packet.count : 0;
}

ReportBlock report_block(const RtcpPacket& packet, std::size_t index) {
    const std::size_t first = packet.type == RtcpType::sender_report ? kHeader + 4 + kSenderInfo : kHeader + 4;
    const std::uint8_t* block = &packet.bytes[first + index * kReportBlock];
    ReportBlock report;
    report.ssrc = read_32(block);
    report.fraction_lost = block[4];
    report.lost = static_cast<std::int32_t>(read_24(block + 5) << 8) >> 8;
    report.highest_sequence = read_32(block + 8);
    report.jitter = read_32(block + 12);
    report.last_sender_report = read_32(block + 16);
    report.delay_since = read_32(block + 20);
    return report;
}

std::optional<RtcpPacket> RtcpReader::next() {
    if (rest_.empty() || failed_) return std::nullopt;
    failed_ = true;  // until the packet is seen to be sound
    if (rest_.size() < kHeader || rest_[0] >> 6 != 2) return std::nullopt;
    const std::size_t size = kHeader + std::size_t{4} * read_16(&rest_[2]);
    if (size > rest_.size()) return std::nullopt;
    RtcpPacket packet{rest_.first(size), static_cast<RtcpType>(rest_[1]), static_cast<std::uint8_t>(rest_[0] & 0x1f),
                      0};
    std::size_t padding = 0;
    if ((rest_[0] & 0x20) != 0) {  // RFC 3550 section 6.4.1: in the last packet only, a multiple of four
        padding = packet.bytes.back();
        if (size != rest_.size() || padding == 0 || padding % 4 != 0 || padding > size - kHeader) return std::nullopt;
    }
    if (size - kHeader - padding < promised_size(packet.type, packet.count)) return std::nullopt;
    packet.ssrc = sender_of(packet.bytes.first(size - padding));
    rest_ = rest_.subspan(size);
    failed_ = false;
    return packet;
}

bool is_sound_rtcp(Bytes compound) {
    RtcpReader reader{compound};
    if (!reader.next()) return false;
    while (reader.next()) {
    }
    return !reader.failed();
}

}  // namespace viaduct::media_relay
