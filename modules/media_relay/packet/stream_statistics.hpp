// stream_statistics: what arrived of one RTP stream: loss, jitter, age, and how it may have sounded.
//
// RFC 3550 appendix A.1, A.3 and A.8; ITU-T G.107 for the estimate. A table holds one per SSRC, so many and no more.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <viaduct/time.hpp>

#include "packet/rtp_header.hpp"

namespace viaduct::media_relay {

class StreamStatistics {
public:
    explicit StreamStatistics(std::uint32_t ssrc) : ssrc_{ssrc} {}

    // `clock_rate` of the payload type, in Hz; 0 when not known: then jitter stays as it is.
    void add(const RtpHeader& header, std::size_t packet_size, unsigned clock_rate, TimePoint now);

    std::uint32_t ssrc() const { return ssrc_; }
    std::uint64_t packets() const { return packets_; }
    std::uint64_t bytes() const { return bytes_; }
    std::uint64_t expected() const;
    std::uint64_t lost() const;  // late and repeated packets lessen it, never below 0
    Duration jitter() const;
    TimePoint last_packet() const { return last_packet_; }
    // 1.0 to 4.5, for a G.711 listener with that one-way delay of the network; 0 before there is anything to judge.
    double mean_opinion_score(Duration network_delay = 50ms) const;

private:
    void follow_sequence(std::uint16_t sequence);
    void follow_jitter(const RtpHeader& header, unsigned clock_rate, TimePoint now);

    std::uint64_t packets_ = 0, bytes_ = 0;
    std::uint64_t expected_before_ = 0;  // of the runs of numbers before the sender began anew
    TimePoint last_packet_{};
    double jitter_ = 0;  // in units of the clock rate
    std::uint32_t ssrc_ = 0;
    std::uint32_t base_ = 0, highest_ = 0;  // extended sequence numbers
    std::uint32_t last_timestamp_ = 0;
    std::uint32_t clock_rate_ = 0;
    std::uint32_t suspected_ = kNone;  // after a large jump: the number that would confirm it (A.1)
    static constexpr std::uint32_t kNone = 0x10000;
};

class StreamTable {
public:
    explicit StreamTable(std::size_t most) : most_{most} {}
    // Allocates when the stream is new. Null when the table is full.
    StreamStatistics* find_or_add(std::uint32_t ssrc);
    const std::vector<StreamStatistics>& streams() const { return streams_; }

private:
    std::size_t most_;
    std::vector<StreamStatistics> streams_;
};

}  // namespace viaduct::media_relay
