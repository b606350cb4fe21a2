// described_media: what one party's session description says about each media section, as values for the relay.
//
// Nothing here fails: what cannot be understood is as if it were not there; the text itself is kept elsewhere.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <viaduct/sdp.hpp>
#include <viaduct/socket_address.hpp>

#include "peer/peer_description.hpp"
#include "sdp/sdp_text.hpp"
#include "security/sdes.hpp"

namespace viaduct::media_relay {

// "RTP/AVP", "UDP/TLS/RTP/SAVPF" and their kin.
struct RtpProfile {
    bool rtp = false;       // any of them
    bool secure = false;    // SAVP: RFC 3711
    bool feedback = false;  // AVPF: RFC 4585, RFC 5124
    bool dtls = false;      // UDP/TLS: RFC 5764
};
RtpProfile profile_of(std::string_view protocol);

struct DescribedMedia {
    MediaLine line;
    RtpProfile profile;
    SocketAddress rtp{};  // unspecified or port 0: not known; a host name is not resolved
    std::optional<SocketAddress> rtcp;
    bool rtcp_mux = false;
    MediaDirection direction = MediaDirection::send_receive;

    IceCredentials credentials;
    std::vector<IceCandidate> candidates;
    std::vector<Fingerprint> fingerprints;
    Setup setup = Setup::none;
    std::string tls_id;
    std::vector<SdesCrypto> cryptos;  // those we understand, in their order

    std::string mid;
    bool bundle_only = false;
    std::optional<std::size_t> bundle;  // number of its BUNDLE group
    std::uint8_t mid_extension = 0;     // id of urn:ietf:params:rtp-hdrext:sdes:mid; 0: none
    std::vector<std::uint32_t> ssrcs;
    std::vector<std::uint8_t> payload_types;
    std::vector<std::pair<std::uint8_t, std::uint32_t>> clock_rates;  // Hz, by payload type

    // RFC 8843 section 7.2.1: port 0 with bundle-only is not a refusal.
    bool is_active() const { return line.port != 0 || bundle_only; }
    bool speaks_ice() const { return !credentials.empty(); }
};

struct Description {
    bool ice_lite = false;
    std::vector<DescribedMedia> media;
};

Description describe(const SdpText& text);

}  // namespace viaduct::media_relay
