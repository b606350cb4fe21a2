// peer_description: what the two sides of a transport said about it in offer and answer (RFC 3264), as values.
//
// One for our side, one for the peer's; each replaces the one before. What a later one leaves unchanged, survives: the
// same credentials keep ICE's state, the same fingerprints and tls-ids keep the DTLS association.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ice/local_socket.hpp"
#include "security/dtls_certificate.hpp"
#include "security/srtp_suite.hpp"

namespace viaduct::media_relay {

// An answer ends an exchange: only then roles are settled.
enum class Stage : std::uint8_t { offer, answer };

enum class KeyExchange : std::uint8_t { none, sdes, dtls };

// a=setup (RFC 4145 section 4, RFC 5763 section 5).
enum class Setup : std::uint8_t { none, actpass, active, passive, holdconn };

struct LocalSide {
    LocalSockets sockets;
    IceMode ice = IceMode::none;
    IceCredentials credentials;  // other ones than before: ICE restart
    KeyExchange key_exchange = KeyExchange::none;
    DtlsCertificatePtr certificate;       // for dtls
    Setup setup = Setup::none;            // what our description says
    std::string tls_id;                   // RFC 8842; "" when not used
    std::optional<SrtpKeying> send_keys;  // for sdes: what our a=crypto says
};

struct RemoteSide {
    // Of c=, m= and a=rtcp; unspecified or port 0: not known yet. Without `rtcp`, that is the port above RTP's.
    SocketAddress rtp{};
    std::optional<SocketAddress> rtcp;
    bool rtcp_mux = false;                        // agreed by both (RFC 5761): RTCP goes and comes where RTP does
    bool symmetric = true;                        // without ICE; false: it sends from elsewhere than it listens at
    bool trust_description = true;                // without ICE; false: nothing is sent before the peer was heard
    std::optional<SocketAddress> signalled_from;  // who sent the SIP: may latch before strangers

    bool ice_lite = false;
    IceCredentials credentials;            // empty: the peer does not speak ICE
    std::vector<IceCandidate> candidates;  // those above kMostRemoteCandidates are not read

    std::vector<Fingerprint> fingerprints;  // any of them may match
    Setup setup = Setup::none;
    std::string tls_id;
    std::optional<SrtpKeying> receive_keys;  // for sdes: of the peer's a=crypto
};
inline constexpr std::size_t kMostRemoteCandidates = 32;

}  // namespace viaduct::media_relay
