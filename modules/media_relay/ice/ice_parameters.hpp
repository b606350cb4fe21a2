// ice_parameters: what two ICE agents tell each other in session descriptions (RFC 8839 section 5), as values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <viaduct/result.hpp>
#include <viaduct/socket_address.hpp>

namespace viaduct::media_relay {

// RFC 8445 section 13: 1 for RTP, 2 for RTCP when it has a port of its own.
enum class Component : std::uint8_t { rtp = 1, rtcp = 2 };

enum class IceMode : std::uint8_t {
    none,  // no ICE: the peer is latched to (symmetric RTP, RFC 4961)
    lite,  // answers checks (RFC 8445 section 2.5)
    full,  // checks too
};

// RFC 8839 section 5.4.
struct IceCredentials {
    std::string ufrag, password;

    bool empty() const { return ufrag.empty(); }
    bool operator==(const IceCredentials&) const = default;
    // 8 and 24 characters of OpenSSL's random bytes: 48 and 144 bits.
    static IceCredentials make();
};

enum class CandidateType : std::uint8_t { host, server_reflexive, peer_reflexive, relayed };
std::string_view to_text(CandidateType type);  // "host", "srflx", "prflx", "relay"

struct IceCandidate {
    std::string foundation;
    Component component = Component::rtp;
    std::uint32_t priority = 0;
    SocketAddress address{};
    CandidateType type = CandidateType::host;

    bool operator==(const IceCandidate&) const = default;
};

// RFC 8445 section 5.1.2.1. `local_preference` orders our own addresses, highest first.
std::uint32_t candidate_priority(CandidateType type, std::uint16_t local_preference, Component component);

enum class CandidateFault : std::uint8_t {
    syntax = 1,
    transport,  // TCP and what comes after it: RFC 6544 is not spoken here
    name,       // a host name, as of mDNS (draft-ietf-mmusic-mdns-ice-candidates): nothing is resolved
    component,  // neither RTP nor RTCP
};
error_code make_error_code(CandidateFault fault);

// The value of a=candidate, without "candidate:" or with it.
Result<IceCandidate> parse_candidate(std::string_view value);
// "1 1 UDP 2130706431 192.0.2.1 30000 typ host", with "candidate:" in front.
std::string to_text(const IceCandidate& candidate);

}  // namespace viaduct::media_relay

template <>
struct boost::system::is_error_code_enum<viaduct::media_relay::CandidateFault> : std::true_type {};
