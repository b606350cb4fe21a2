// dialogue_plan: one description on its way through a dialogue, before anything of it has taken effect.
//
// What is taken for it (ports) goes back with it when it is given up. For dialogue's own files.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "relay/dialogue.hpp"

namespace viaduct::media_relay {

struct Dialogue::Plan {
    Plan(MediaEnvironment& environment, std::string call, Leg& writer, Leg& reader, const Exchange& exchange,
         SdpText text);

    // The section's own, or a new one. Null: no ports; then `error` says so.
    LegTransport* transport_for(std::size_t index, bool rtcp, bool ice);
    // With a transport that an earlier section of the same group has.
    void share_transport(std::size_t index, const std::vector<DescribedMedia>& grouped);
    // What was said of the transport so far, in this exchange or before.
    LocalSide side_of(const LegTransport& transport) const;
    bool has_side(const LegTransport& transport) const;
    void set_side(LegTransport& transport, LocalSide side);
    // Addresses, ports and candidates of the section's transport.
    void describe_transport(std::size_t index, LocalMedia& media, const LocalSide& side);
    // BUNDLE groups of what is relayed by ICE, as `grouped` has them.
    void write_bundles(const std::vector<DescribedMedia>& grouped);
    void take_certificate(LocalSide& side, LocalMedia& media) const;

    MediaEnvironment& environment;
    const std::string call_id;
    Leg &writer, &reader;
    const Wishes& wishes;
    const SdpText original;
    SdpText text;  // is rewritten
    Description said;
    LocalDescription local;
    std::vector<Leg::Section> sections;  // of the reader, as they will be
    std::vector<std::unique_ptr<LegTransport>> fresh;
    std::vector<std::pair<LegTransport*, LocalSide>> sides;
    const MediaInterface* interface = nullptr;
    bool v6 = false;
    error_code error;

private:
    bool wants_v6() const;
};

// Not RTP, and relayed without a look inside (ITU-T T.38).
inline bool is_udptl(std::string_view protocol) { return protocol == "udptl" || protocol == "UDPTL"; }
inline bool is_relayed(const DescribedMedia& media) { return media.profile.rtp || is_udptl(media.line.protocol); }
// Media between the parties themselves: MSRP (RFC 4975), application sharing over TCP.
inline bool passes_by(const DescribedMedia& media) { return media.line.protocol.starts_with("TCP/"); }

}  // namespace viaduct::media_relay
