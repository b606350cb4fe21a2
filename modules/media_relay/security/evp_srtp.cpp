// evp_srtp: see evp_srtp.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "security/evp_srtp.hpp"

#include <algorithm>

#include <openssl/crypto.h>

#include "packet/byte_order.hpp"
#include "packet/rtp_header.hpp"

namespace viaduct::media_relay {
namespace {

constexpr std::uint64_t kIndexEnd = std::uint64_t{1} << 48;  // RFC 3711 section 9.2
constexpr std::uint32_t kRtcpIndexEnd = std::uint32_t{1} << 31, kEncrypted = std::uint32_t{1} << 31;
constexpr std::size_t kRtcpHeader = 8, kRtcpIndexSize = 4;

std::span<std::uint8_t> part(const Datagram& packet, std::size_t from, std::size_t to) {
    return {packet.data + from, to - from};
}

std::array<std::uint8_t, 4> rollovers_of(std::uint64_t index) {
    std::array<std::uint8_t, 4> bytes;
    write_32(bytes.data(), static_cast<std::uint32_t>(index >> 16));
    return bytes;
}

}  // namespace

std::array<std::uint8_t, 16> SrtpTransform::counter(std::uint32_t ssrc, std::uint64_t index) const {
    std::array<std::uint8_t, 16> bytes{};
    std::copy(salt_.begin(), salt_.end(), bytes.begin());
    write_32(&bytes[4], read_32(&bytes[4]) ^ ssrc);
    write_64(&bytes[8], read_64(&bytes[8]) ^ index << 16);
    return bytes;
}

std::array<std::uint8_t, 12> SrtpTransform::nonce(std::uint32_t ssrc, std::uint64_t index) const {
    std::array<std::uint8_t, 12> bytes;
    std::copy_n(salt_.begin(), bytes.size(), bytes.begin());
    write_32(&bytes[2], read_32(&bytes[2]) ^ ssrc);
    write_16(&bytes[6], read_16(&bytes[6]) ^ static_cast<std::uint32_t>(index >> 32));
    write_32(&bytes[8], read_32(&bytes[8]) ^ static_cast<std::uint32_t>(index));
    return bytes;
}

SrtpStreams::Stream* SrtpStreams::find(std::uint32_t ssrc) {
    if (last_ < streams_.size() && streams_[last_].ssrc == ssrc) return &streams_[last_];
    for (std::size_t i = 0; i < streams_.size(); ++i) {
        if (streams_[i].ssrc != ssrc) continue;
        last_ = i;
        return &streams_[i];
    }
    if (streams_.size() >= most_) return nullptr;
    candidate_ = Stream{ssrc, 0, {}, {}};
    return &candidate_;
}

void SrtpStreams::keep(const Stream& stream) {
    if (&stream == &candidate_) streams_.push_back(stream);
}

EvpSrtpReceiver::EvpSrtpReceiver(const SrtpKeying& keying, unsigned most_streams)
    : EvpSrtpReceiver{derive_session_keys(keying, false), derive_session_keys(keying, true), most_streams} {}
EvpSrtpReceiver::EvpSrtpReceiver(const SessionKeys& rtp, const SessionKeys& rtcp, unsigned most_streams)
    : facts_{facts_of(rtp.suite)}, rtp_{rtp, false}, rtcp_{rtcp, false}, streams_{most_streams} {}

EvpSrtpSender::EvpSrtpSender(const SrtpKeying& keying, unsigned most_streams)
    : EvpSrtpSender{derive_session_keys(keying, false), derive_session_keys(keying, true), most_streams} {}
EvpSrtpSender::EvpSrtpSender(const SessionKeys& rtp, const SessionKeys& rtcp, unsigned most_streams)
    : facts_{facts_of(rtp.suite)}, rtp_{rtp, true}, rtcp_{rtcp, true}, streams_{most_streams} {}

Drop EvpSrtpReceiver::unprotect_rtp(Datagram& packet) {
    const std::size_t tag_size = facts_.rtp_tag_size;
    if (packet.size < tag_size) return Drop::malformed_rtp;
    const std::size_t end = packet.size - tag_size;
    const auto header = parse_protected_rtp({packet.data, end});
    if (!header) return Drop::malformed_rtp;
    SrtpStreams::Stream* stream = streams_.find(header->ssrc);
    if (stream == nullptr) return Drop::too_many_streams;
    const auto index = stream->rtp.index_of(header->sequence);
    if (!index || !stream->rtp.is_new(*index)) return Drop::replayed;
    if (*index >= kIndexEnd) return Drop::key_exhausted;
    const auto payload = part(packet, header->header_size, end);
    const std::uint8_t* tag = packet.data + end;
    if (facts_.is_aead()) {
        const auto nonce = rtp_.nonce(header->ssrc, *index);
        if (!rtp_.cipher().open(nonce, {packet.data, header->header_size}, {}, payload, tag)) {
            return Drop::authentication;
        }
    } else {
        const auto sum = rtp_.cipher().authenticate({packet.data, end}, rollovers_of(*index));
        if (CRYPTO_memcmp(sum.data(), tag, tag_size) != 0) return Drop::authentication;
        if (!rtp_.cipher().apply_keystream(rtp_.counter(header->ssrc, *index), payload)) return Drop::authentication;
    }
    stream->rtp.note(*index);
    streams_.keep(*stream);
    packet.size = end;
    return Drop::none;
}

Drop EvpSrtpSender::protect_rtp(Datagram& packet) {
    const auto header = parse_protected_rtp(packet.bytes());
    if (!header) return Drop::malformed_rtp;
    if (packet.tailroom() < facts_.rtp_tag_size) return Drop::too_long;
    SrtpStreams::Stream* stream = streams_.find(header->ssrc);
    if (stream == nullptr) return Drop::too_many_streams;
    const auto index = stream->rtp.index_of(header->sequence);
    // Two packets under one index would give the key stream away (RFC 3711 section 9.1).
    if (!index || !stream->rtp.is_new(*index)) return Drop::replayed;
    if (*index >= kIndexEnd) return Drop::key_exhausted;
    const auto payload = part(packet, header->header_size, packet.size);
    std::uint8_t* tag = packet.data + packet.size;
    if (facts_.is_aead()) {
        const auto nonce = rtp_.nonce(header->ssrc, *index);
        if (!rtp_.cipher().seal(nonce, {packet.data, header->header_size}, {}, payload, tag)) {
            return Drop::malformed_rtp;
        }
    } else {
        if (!rtp_.cipher().apply_keystream(rtp_.counter(header->ssrc, *index), payload)) return Drop::malformed_rtp;
        const auto sum = rtp_.cipher().authenticate(packet.bytes(), rollovers_of(*index));
        std::copy_n(sum.begin(), facts_.rtp_tag_size, tag);
    }
    stream->rtp.note(*index);
    streams_.keep(*stream);
    packet.size += facts_.rtp_tag_size;
    return Drop::none;
}

// With counter mode the index stands before the tag (RFC 3711 section 3.4), with GCM after it (RFC 7714 section 9.2).
Drop EvpSrtpReceiver::unprotect_rtcp(Datagram& packet) {
    const std::size_t tag_size = facts_.rtcp_tag_size;
    if (packet.size < kRtcpHeader + kRtcpIndexSize + tag_size || packet.data[0] >> 6 != 2) return Drop::malformed_rtcp;
    const std::size_t end = packet.size - kRtcpIndexSize - tag_size;
    const std::uint8_t* word = packet.data + end + (facts_.is_aead() ? tag_size : 0);
    const std::uint8_t* tag = packet.data + end + (facts_.is_aead() ? 0 : kRtcpIndexSize);
    const std::uint32_t ssrc = read_32(packet.data + 4), index = read_32(word) & ~kEncrypted;
    if ((read_32(word) & kEncrypted) == 0) return Drop::authentication;  // every suite of ours encrypts
    SrtpStreams::Stream* stream = streams_.find(ssrc);
    if (stream == nullptr) return Drop::too_many_streams;
    if (!stream->rtcp.is_new(index)) return Drop::replayed;
    const auto body = part(packet, kRtcpHeader, end);
    if (facts_.is_aead()) {
        const auto nonce = rtcp_.nonce(ssrc, index);
        if (!rtcp_.cipher().open(nonce, {packet.data, kRtcpHeader}, {word, kRtcpIndexSize}, body, tag)) {
            return Drop::authentication;
        }
    } else {
        const auto sum = rtcp_.cipher().authenticate({packet.data, end + kRtcpIndexSize}, {});
        if (CRYPTO_memcmp(sum.data(), tag, tag_size) != 0) return Drop::authentication;
        if (!rtcp_.cipher().apply_keystream(rtcp_.counter(ssrc, index), body)) return Drop::authentication;
    }
    stream->rtcp.note(index);
    streams_.keep(*stream);
    packet.size = end;
    return Drop::none;
}

Drop EvpSrtpSender::protect_rtcp(Datagram& packet) {
    const std::size_t tag_size = facts_.rtcp_tag_size, end = packet.size;
    if (packet.size < kRtcpHeader || packet.data[0] >> 6 != 2) return Drop::malformed_rtcp;
    if (packet.tailroom() < tag_size + kRtcpIndexSize) return Drop::too_long;
    const std::uint32_t ssrc = read_32(packet.data + 4);
    SrtpStreams::Stream* stream = streams_.find(ssrc);
    if (stream == nullptr) return Drop::too_many_streams;
    const std::uint32_t index = stream->rtcp_index + 1;
    if (index >= kRtcpIndexEnd) return Drop::key_exhausted;
    const auto body = part(packet, kRtcpHeader, end);
    std::uint8_t* word = packet.data + end + (facts_.is_aead() ? tag_size : 0);
    write_32(word, index | kEncrypted);
    if (facts_.is_aead()) {
        const auto nonce = rtcp_.nonce(ssrc, index);
        if (!rtcp_.cipher().seal(nonce, {packet.data, kRtcpHeader}, {word, kRtcpIndexSize}, body, packet.data + end)) {
            return Drop::malformed_rtcp;
        }
    } else {
        if (!rtcp_.cipher().apply_keystream(rtcp_.counter(ssrc, index), body)) return Drop::malformed_rtcp;
        const auto sum = rtcp_.cipher().authenticate({packet.data, end + kRtcpIndexSize}, {});
        std::copy_n(sum.begin(), tag_size, packet.data + end + kRtcpIndexSize);
    }
    stream->rtcp_index = index;
    streams_.keep(*stream);
    packet.size = end + tag_size + kRtcpIndexSize;
    return Drop::none;
}

}  // namespace viaduct::media_relay
