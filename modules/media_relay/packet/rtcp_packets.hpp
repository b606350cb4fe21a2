// rtcp_packets: a compound RTCP packet taken apart (RFC 3550 section 6.1, RFC 4585 section 6.1, RFC 3611).
//
// Views into the datagram; nothing is copied. Reduced-size packets (RFC 5506) are read too.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "packet/datagram.hpp"

namespace viaduct::media_relay {

enum class RtcpType : std::uint8_t {
    sender_report = 200,
    receiver_report = 201,
    source_description = 202,
    goodbye = 203,
    application = 204,
    transport_feedback = 205,  // RTPFB, RFC 4585
    payload_feedback = 206,    // PSFB
    extended_report = 207,     // XR, RFC 3611
};

// What RTCP asks of a sender of media, as far as we tell it apart.
enum class Feedback : std::uint8_t {
    none,
    nack,               // RTPFB 1, RFC 4585 section 6.2.1
    transport_wide,     // RTPFB 15, transport-cc
    picture_loss,       // PSFB 1, RFC 4585 section 6.3.1
    full_intra,         // PSFB 4, RFC 5104 section 4.3.1
    receiver_estimate,  // PSFB 15 with "REMB"
    other,
};
inline constexpr std::size_t kFeedbacks = 7;

struct RtcpPacket {
    Bytes bytes;             // all of it
    RtcpType type{};         // any number may be in it
    std::uint8_t count = 0;  // of reports, sources or chunks; the format of feedback
    std::uint32_t ssrc = 0;  // of the sender; 0 in an empty goodbye or source description

    Feedback feedback() const;
};

// What a report says of a stream we sent (RFC 3550 section 6.4.1).
struct ReportBlock {
    std::uint32_t ssrc = 0, highest_sequence = 0, jitter = 0, last_sender_report = 0, delay_since = 0;
    std::int32_t lost = 0;  // 24 bits, signed
    std::uint8_t fraction_lost = 0;
};
std::size_t report_count(const RtcpPacket& packet);  // 0 for anything but SR and RR
// REQUIRES: index < report_count(packet)
ReportBlock report_block(const RtcpPacket& packet, std::size_t index);

// Walks over a compound. Each packet it gives holds what its type and count promise.
class RtcpReader {
public:
    explicit RtcpReader(Bytes compound) : rest_{compound} {}
    // Nothing at the end, or where the bytes are wrong: then failed().
    std::optional<RtcpPacket> next();
    bool failed() const { return failed_; }

private:
    Bytes rest_;
    bool failed_ = false;
};

// Every packet of it is sound, and there is one at least.
bool is_sound_rtcp(Bytes compound);

}  // namespace viaduct::media_relay
