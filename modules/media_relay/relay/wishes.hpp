// wishes: what the reader of a rewritten description needs, however it was said: ng keys and flags, or MediaLegNeeds.
//
// The words are those of rtpengine's ng protocol, which Kamailio's and OpenSIPS's modules send.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/media_service.hpp>

#include "security/srtp_suite.hpp"

namespace viaduct::media_relay {

struct Wishes {
    std::string protocol;  // "": as received
    MediaIce ice = MediaIce::as_received;
    std::optional<bool> ice_lite;         // for the reader's side; nothing: as configured
    std::optional<bool> ice_lite_writer;  // ... and for the side the description came from
    MediaDtls dtls = MediaDtls::as_received;
    MediaDtls dtls_writer = MediaDtls::as_received;  // DTLS-reverse: our role towards the offerer
    bool sdes = true;
    std::vector<SrtpSuite> refused_suites;
    std::vector<SrtpSuite> only_suites;  // empty: all
    bool opportunistic = false;          // a=crypto with RTP/AVP (RFC 8643)
    MediaRtcpMux rtcp_mux = MediaRtcpMux::as_received;
    bool rtcp_mux_refused = false;  // the writer's offer of it
    MediaAddressFamily address_family = MediaAddressFamily::as_received;
    bool generate_mid = false;
    bool replace_origin = false, replace_session_connection = false;
    bool replace_session_name = false, replace_user_name = false;
    bool trust_address = true;
    bool symmetric = true;  // the writer sends from where it listens (RFC 4961)
    bool rtcp_attribute = true;
    bool fragment = false;  // RFC 8840: candidates alone
    std::string writer_interface, reader_interface;
    std::optional<SocketAddress> media_address;  // written in place of ours
    std::optional<SocketAddress> received_from;
    std::string label;
    std::vector<std::string> strip_codecs;        // "opus", "G722"
    std::optional<std::uint8_t> type_of_service;  // DSCP and ECN

    // A flag by name: "trust-address", "ICE=force", "RTP/AVP", "DTLS=passive", "rtcp-mux-demux". False: unknown.
    bool apply_flag(std::string_view flag);
    // A key with a value: "ICE", "force". False: unknown key or value.
    bool apply(std::string_view key, std::string_view value);

    bool allows(SrtpSuite suite) const;
};

// Unknown flags are ignored; `unknown` counts them.
Wishes wishes_of(const MediaLegNeeds& needs, std::size_t& unknown);

}  // namespace viaduct::media_relay
