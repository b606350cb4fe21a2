// leg: see leg.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "leg.hpp"

#include <algorithm>

#include <viaduct/sdp.hpp>

namespace viaduct::media {
namespace {

constexpr std::string_view kBrowserProtocol = "UDP/TLS/RTP/SAVPF", kPhoneProtocol = "RTP/AVP";

bool is_websocket(Transport transport) { return transport == Transport::ws || transport == Transport::wss; }

bool has(const Sdp& sdp, const MediaSection& section, std::string_view attribute) {
    return section.attribute(attribute) != nullptr || sdp.attribute(attribute) != nullptr;
}

// The fifth word of a candidate is its address (RFC 8839 section 5.1); names (mDNS) say nothing.
std::optional<SocketAddress> address_of_candidate(std::string_view value) {
    for (int word = 0; word < 4; ++word) {
        const auto blank = value.find(' ');
        if (blank == std::string_view::npos) return std::nullopt;
        value.remove_prefix(blank + 1);
    }
    return SocketAddress::from_ip(value.substr(0, value.find(' ')), 0);
}

// A browser names addresses in candidates; the connection line is its default, and may be 0.0.0.0.
std::optional<bool> family_of(const MediaSection& section) {
    bool v4 = false, v6 = false;
    for (const SdpAttribute& attribute : section.attributes) {
        if (attribute.name != "candidate") continue;
        const auto address = address_of_candidate(attribute.value);
        if (!address) continue;
        (address->is_v6() ? v6 : v4) = true;
    }
    if (v4 != v6) return v6;
    if (section.connection && !section.connection->is_unspecified()) return section.connection->v6;
    return v4 ? std::optional<bool>{false} : std::nullopt;
}

const MediaSection* first_active(const Sdp& sdp) {
    const auto found = std::find_if(sdp.media.begin(), sdp.media.end(), [](const auto& one) { return one.port != 0; });
    return found == sdp.media.end() ? nullptr : &*found;
}

// Its media address is private and not the one it is seen at.
bool is_hidden(const MediaSection& section, const Flow& flow) {
    if (!section.connection || section.connection->is_unspecified()) return false;
    const auto address = SocketAddress::from_ip(section.connection->address, 0);
    return address && address->is_private() && !address->same_ip(flow.remote);
}

}  // namespace

std::string_view to_text(LegKind kind) { return kind == LegKind::browser ? "browser" : "phone"; }

std::optional<Leg> leg_of_description(std::string_view text, const Flow& flow) {
    const auto sdp = Sdp::parse(text);
    if (!sdp || sdp->media.empty()) return std::nullopt;
    const MediaSection* active = first_active(*sdp);
    const MediaSection& section = active != nullptr ? *active : sdp->media.front();
    Leg leg;
    leg.known = true;
    leg.ice = has(*sdp, section, "ice-ufrag");
    leg.dtls = has(*sdp, section, "fingerprint");
    leg.sdes = section.attribute("crypto") != nullptr;
    leg.protocol = section.protocol;
    leg.v6 = family_of(section);
    if (leg.dtls && leg.ice) {
        leg.kind = LegKind::browser;
        leg.reason = "its description has ICE and DTLS-SRTP";
    } else {
        leg.reason = "its description says " + section.protocol + (leg.ice ? " with ICE" : "");
        leg.behind_nat = !leg.ice && is_hidden(section, flow);
    }
    return leg;
}

Leg leg_of_sender(const Flow& flow) {
    Leg leg;
    leg.v6 = flow.remote.is_v6();
    const bool web = is_websocket(flow.transport);
    leg.kind = web ? LegKind::browser : LegKind::phone;
    leg.reason = web ? "it calls over WebSocket" : "it calls over " + std::string{to_text(flow.transport)};
    return leg;
}

Leg leg_of_target(const Target& target, const Flow& next_hop) {
    Leg leg;
    leg.v6 = next_hop.remote.is_v6();
    const auto in_uri = target.uri.transport();
    if (is_websocket(next_hop.transport)) {
        leg.kind = LegKind::browser;
        leg.reason = "it is reached by WebSocket";
    } else if ((in_uri && is_websocket(*in_uri)) || target.uri.host().ends_with(".invalid")) {
        leg.kind = LegKind::browser;
        leg.reason = "its Contact is a browser's";  // RFC 7118 section 5
    } else {
        leg.reason = "it is reached by " + std::string{to_text(next_hop.transport)};
        const auto contact = target.uri.address();
        leg.behind_nat = contact && contact->is_private() && !contact->same_ip(next_hop.remote);
    }
    return leg;
}

namespace {

void add_family(const Leg& reader, MediaLegNeeds& needs) {
    if (reader.v6) needs.address_family = *reader.v6 ? MediaAddressFamily::v6 : MediaAddressFamily::v4;
}

}  // namespace

MediaLegNeeds needs_in_offer(const Leg& reader) {
    MediaLegNeeds needs = needs_in_answer(reader);
    const bool browser = reader.kind == LegKind::browser;
    needs.rtcp_mux = browser ? MediaRtcpMux::offer : MediaRtcpMux::demux;
    needs.generate_mid = browser;
    return needs;
}

// A side that has said what it speaks is answered in kind; others get what all of their kind speak.
MediaLegNeeds needs_in_answer(const Leg& reader) {
    MediaLegNeeds needs;
    const bool browser = reader.kind == LegKind::browser;
    needs.protocol =
        !reader.protocol.empty() ? reader.protocol : std::string{browser ? kBrowserProtocol : kPhoneProtocol};
    needs.ice = (reader.known ? reader.ice : browser) ? MediaIce::force : MediaIce::remove;
    needs.dtls = (reader.known ? reader.dtls : browser) ? MediaDtls::passive : MediaDtls::off;
    needs.sdes = reader.sdes;
    needs.generate_mid = browser;
    add_family(reader, needs);
    return needs;
}

Bridging decide(const Leg& caller, const Leg& callee, bool always) {
    const auto said = [&](bool relayed, std::string_view why) {
        std::string reason{to_text(caller.kind)};
        reason.append(" (").append(caller.reason).append(") calls ").append(to_text(callee.kind));
        reason.append(" (")
            .append(callee.reason)
            .append("): ")
            .append(relayed ? "relayed, " : "not relayed, ")
            .append(why);
        return Bridging{relayed, std::move(reason)};
    };
    if (always) return said(true, "the script says always");
    if (caller.kind != callee.kind) return said(true, "one speaks DTLS-SRTP with ICE, the other plain RTP");
    if (caller.kind == LegKind::browser) return said(false, "browsers reach each other by ICE");
    if (caller.v6 && callee.v6 && *caller.v6 != *callee.v6) return said(true, "one has IPv4, the other IPv6");
    if (caller.behind_nat) return said(true, "the caller is behind a translator");
    if (callee.behind_nat) return said(true, "the callee is behind a translator");
    return said(false, "phones that reach each other");
}

}  // namespace viaduct::media
