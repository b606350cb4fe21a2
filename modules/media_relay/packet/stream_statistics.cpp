// stream_statistics: see stream_statistics.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "packet/stream_statistics.hpp"

#include <algorithm>
#include <cmath>

namespace viaduct::media_relay {
namespace {

constexpr unsigned kMaxDropout = 3000, kMaxMisorder = 100;  // RFC 3550 appendix A.1

}  // namespace

void StreamStatistics::add(const RtpHeader& header, std::size_t packet_size, unsigned clock_rate, TimePoint now) {
    if (packets_ == 0) {
        base_ = highest_ = header.sequence;
    } else {
        follow_sequence(header.sequence);
        if (clock_rate != 0) follow_jitter(header, clock_rate, now);
    }
    ++packets_;
    bytes_ += packet_size;
    last_packet_ = now;
    last_timestamp_ = header.timestamp;
    clock_rate_ = clock_rate;
}

void StreamStatistics::follow_sequence(std::uint16_t sequence) {
    const auto ahead = static_cast<std::uint16_t>(sequence - highest_);
    if (ahead < kMaxDropout) {
        highest_ += ahead;
    } else if (ahead < 0x10000 - kMaxMisorder) {
        // A large jump. Two in a row that follow each other: the sender began anew.
        if (sequence != suspected_) {
            suspected_ = (sequence + 1U) & 0xffff;
            return;
        }
        expected_before_ += std::uint64_t{highest_} - base_ + 1;
        base_ = (sequence - 1U) & 0xffff;
        highest_ = base_ + 1;
    }
    suspected_ = kNone;
}

void StreamStatistics::follow_jitter(const RtpHeader& header, unsigned clock_rate, TimePoint now) {
    if (clock_rate != clock_rate_) {  // another payload type: time stamps do not compare
        if (clock_rate_ != 0) jitter_ = jitter_ * clock_rate / clock_rate_;
        return;
    }
    if (header.timestamp == last_timestamp_) return;  // the same frame, or the same DTMF event (RFC 4733)
    const double arrival = std::chrono::duration<double>(now - last_packet_).count() * clock_rate;
    const double sent = static_cast<std::int32_t>(header.timestamp - last_timestamp_);
    const double difference = std::abs(arrival - sent);
    if (difference > 10.0 * clock_rate) return;  // the sender's clock jumped
    jitter_ += (difference - jitter_) / 16.0;
}

std::uint64_t StreamStatistics::expected() const {
    return packets_ == 0 ? 0 : expected_before_ + std::uint64_t{highest_} - base_ + 1;
}

std::uint64_t StreamStatistics::lost() const { return expected() > packets_ ? expected() - packets_ : 0; }

Duration StreamStatistics::jitter() const {
    if (clock_rate_ == 0) return {};
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(jitter_ / clock_rate_));
}

double StreamStatistics::mean_opinion_score(Duration network_delay) const {
    constexpr double kBest = 93.2, kLossRobustness = 25.1;  // G.107; G.113 for G.711 with loss concealment
    constexpr double kPacketization = 20;
    if (packets_ < 10) return 0;
    const double loss = 100.0 * static_cast<double>(lost()) / static_cast<double>(expected());
    using Milliseconds = std::chrono::duration<double, std::milli>;
    // A receiver's buffer holds about twice the jitter.
    const double delay = Milliseconds{network_delay}.count() + 2 * Milliseconds{jitter()}.count() + kPacketization;
    const double delayed = 0.024 * delay + (delay > 177.3 ? 0.11 * (delay - 177.3) : 0);
    const double rating = kBest - delayed - 95.0 * loss / (loss + kLossRobustness);
    if (rating <= 0) return 1.0;
    if (rating >= 100) return 4.5;
    return std::clamp(1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6, 1.0, 4.5);
}

StreamStatistics* StreamTable::find_or_add(std::uint32_t ssrc) {
    for (auto& stream : streams_) {
        if (stream.ssrc() == ssrc) return &stream;
    }
    return streams_.size() < most_ ? &streams_.emplace_back(ssrc) : nullptr;
}

}  // namespace viaduct::media_relay
