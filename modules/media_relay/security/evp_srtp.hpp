// evp_srtp: SRTP and SRTCP packets (RFC 3711 sections 3.1 and 3.4, RFC 7714 sections 8 and 9) over SrtpCipher.
//
// Does what libsrtp_context does, at a tenth of the cost with counter mode: Debian builds libsrtp on NSS. libsrtp stays
// its judge: unit tests send every suite from each to the other.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "security/replay_window.hpp"
#include "security/srtp_cipher.hpp"
#include "security/srtp_context.hpp"

namespace viaduct::media_relay {

// Session keys with their cipher, for RTP or for RTCP.
class SrtpTransform {
public:
    SrtpTransform(const SessionKeys& keys, bool encrypts) : cipher_{keys, encrypts}, salt_{keys.salt} {}

    // Section 4.1.1: SSRC and index, xored into the salt.
    std::array<std::uint8_t, 16> counter(std::uint32_t ssrc, std::uint64_t index) const;
    // RFC 7714 section 8.1, and 9.1 with an SRTCP index: two zeros, SSRC, then 48 bits.
    std::array<std::uint8_t, 12> nonce(std::uint32_t ssrc, std::uint64_t index) const;
    SrtpCipher& cipher() { return cipher_; }

private:
    SrtpCipher cipher_;
    std::array<std::uint8_t, 14> salt_;
};

// What is kept of each SSRC.
class SrtpStreams {
public:
    struct Stream {
        std::uint32_t ssrc = 0;
        std::uint32_t rtcp_index = 0;  // of the last one sent
        ReplayWindow rtp, rtcp;
    };
    explicit SrtpStreams(std::size_t most) : most_{most} {}

    // A new stream is only kept by keep(): first it must prove itself. Null when there are too many.
    Stream* find(std::uint32_t ssrc);
    void keep(const Stream& stream);

private:
    std::vector<Stream> streams_;
    Stream candidate_;
    std::size_t most_, last_ = 0;
};

class EvpSrtpReceiver final : public SrtpReceiver {
public:
    EvpSrtpReceiver(const SrtpKeying& keying, unsigned most_streams);
    EvpSrtpReceiver(const SessionKeys& rtp, const SessionKeys& rtcp, unsigned most_streams);
    Drop unprotect_rtp(Datagram& packet) override;
    Drop unprotect_rtcp(Datagram& packet) override;

private:
    const SrtpSuiteFacts& facts_;
    SrtpTransform rtp_, rtcp_;
    SrtpStreams streams_;
};

class EvpSrtpSender final : public SrtpSender {
public:
    EvpSrtpSender(const SrtpKeying& keying, unsigned most_streams);
    EvpSrtpSender(const SessionKeys& rtp, const SessionKeys& rtcp, unsigned most_streams);
    Drop protect_rtp(Datagram& packet) override;
    Drop protect_rtcp(Datagram& packet) override;

private:
    const SrtpSuiteFacts& facts_;
    SrtpTransform rtp_, rtcp_;
    SrtpStreams streams_;
};

}  // namespace viaduct::media_relay
