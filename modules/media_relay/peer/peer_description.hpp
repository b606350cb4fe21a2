// peer_description: what the two sides of a transport said about it in offer and answer (RFC 3264), as values.
//
// One for our side, one for the peer's; each replaces the one before. What a later one leaves unchanged, survives: the
// same credentials keep ICE's state, the same fingerprints and tls-ids keep the DTLS association.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "ice/ice_parameters.hpp"
#include "security/dtls_certificate.hpp"
#include "security/srtp_suite.hpp"

namespace viaduct::media_relay {

// An answer ends an exchange: only then roles are settled.
enum class Stage : std::uint8_t { offer, answer };

enum class KeyExchange : std::uint8_t { none, sdes, dtls };

// a=setup (RFC 4145 section 4, RFC 5763 section 5).
enum class Setup : std::uint8_t { none, actpass, active, passive, holdconn };

enum class IceMode : std::uint8_t {
    none,  // the peer is latched to (symmetric RTP, RFC 4961)
    lite,  // answers checks (RFC 8445 section 2.5)
    full,  // checks too
};

// A socket of this transport. Ids are the owner's: small numbers, unique within the transport.
struct LocalSocket {
    std::uint8_t id = 0;
    Component component = Component::rtp;
    SocketAddress address{};     // bound
    SocketAddress advertised{};  // as in our candidate: differs behind a cloud's NAT

    bool operator==(const LocalSocket&) const = default;
};
inline constexpr std::size_t kMostLocalSockets = 4;  // IPv4 and IPv6, RTP and RTCP
using LocalSockets = boost::container::small_vector<LocalSocket, 2>;

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
    bool rtcp_mux = false;  // agreed by both (RFC 5761): RTCP goes where RTP goes, and comes on either socket

    bool ice_lite = false;
    IceCredentials credentials;            // empty: the peer does not speak ICE
    std::vector<IceCandidate> candidates;  // bounded by kMostRemoteCandidates

    std::vector<Fingerprint> fingerprints;  // any of them may match
    Setup setup = Setup::none;
    std::string tls_id;
    std::optional<SrtpKeying> receive_keys;  // for sdes: of the peer's a=crypto
};
inline constexpr std::size_t kMostRemoteCandidates = 32;

}  // namespace viaduct::media_relay
