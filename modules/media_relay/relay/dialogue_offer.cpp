// dialogue_offer: what the reader of an offer is told (RFC 3264 section 5).
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "relay/dialogue_plan.hpp"
#include "sdp/codecs.hpp"

namespace viaduct::media_relay {
namespace {

bool same_word(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

void strip(SdpText& text, const std::vector<std::string>& names) {
    if (names.empty()) return;
    for (SdpPart& section : text.sections) {
        std::vector<std::string> unwanted;
        for (const Codec& codec : codecs_of(section)) {
            const std::string_view name = std::string_view{codec.name}.substr(0, codec.name.find('/'));
            const bool named =
                std::any_of(names.begin(), names.end(), [&](const auto& one) { return same_word(one, name); });
            if (named) unwanted.push_back(codec.payload_type);
        }
        remove_payload_types(section, unwanted);
    }
}

bool offers_mux(const Wishes& wishes, const DescribedMedia& said) {
    if (wishes.rtcp_mux == MediaRtcpMux::demux) return false;
    return said.rtcp_mux || wishes.rtcp_mux == MediaRtcpMux::offer || wishes.rtcp_mux == MediaRtcpMux::require;
}

bool offers_ice(const Wishes& wishes, const DescribedMedia& said) {
    return wishes.ice == MediaIce::force || (wishes.ice == MediaIce::as_received && said.speaks_ice());
}

}  // namespace

// ICE, and the credentials that stay as long as the transport.
void Dialogue::offer_ice(const Plan& plan, bool ice, LocalSide& side) const {
    if (!ice) {
        side.ice = IceMode::none;
        side.credentials = {};
        return;
    }
    side.ice = plan.wishes.ice_lite.value_or(environment_.settings.ice_lite) ? IceMode::lite : IceMode::full;
    if (side.credentials.empty()) side.credentials = IceCredentials::make();
}

// All we have that fits the protocol: a=crypto, a fingerprint, or both.
void Dialogue::offer_keys(Plan& plan, LegTransport& transport, LocalSide& side, LocalMedia& media) const {
    const RtpProfile profile = profile_of(media.protocol);
    const Wishes& wishes = plan.wishes;
    const bool sdes = profile.secure ? !profile.dtls : profile.rtp && wishes.opportunistic;
    if (sdes) {
        for (const SdesCrypto& one : transport.cryptos()) {
            if (wishes.allows(one.keying.suite)) media.cryptos.push_back(one);
        }
    }
    const bool asked = wishes.dtls == MediaDtls::passive || wishes.dtls == MediaDtls::active;
    const bool instead = profile.secure && wishes.dtls != MediaDtls::off && (asked || media.cryptos.empty());
    side.key_exchange = media.cryptos.empty() ? KeyExchange::none : KeyExchange::sdes;
    if (profile.dtls || instead) {
        side.key_exchange = KeyExchange::dtls;
        media.setup = Setup::actpass;  // RFC 5763 section 5: an offer leaves the choice
        plan.take_certificate(side, media);
    }
    if (profile.secure && side.key_exchange == KeyExchange::none) plan.error = MediaErrc::refused;
}

LocalMedia Dialogue::plan_offer(Plan& plan, std::size_t index) {
    const DescribedMedia& said = plan.said.media[index];
    const Wishes& wishes = plan.wishes;
    Leg::Section& section = plan.sections[index];
    LocalMedia media{.protocol = said.line.protocol, .mid = said.mid};
    if (passes_by(said)) {
        media.kind = LocalMedia::Kind::untouched;
        return media;
    }
    if (!said.is_active() || !is_relayed(said)) {
        media.kind = LocalMedia::Kind::refused;
        return media;
    }
    if (said.profile.rtp && !wishes.protocol.empty()) media.protocol = wishes.protocol;
    const RtpProfile profile = profile_of(media.protocol);
    const bool ice = profile.rtp && offers_ice(wishes, said);
    media.rtcp_mux = profile.rtp && offers_mux(wishes, said);
    media.feedback = profile.feedback;
    media.held_by_address = !said.speaks_ice() && said.rtp.is_unspecified();
    if (media.mid.empty() && wishes.generate_mid) media.mid = fmt::format("{}", index);
    if (!ice && !wishes.generate_mid) media.mid.clear();

    // Browsers always multiplex (RFC 8834 section 4.5); others need a port to fall back to (RFC 5761 section 5.1.1).
    const bool always = (ice && profile.dtls) || wishes.rtcp_mux == MediaRtcpMux::require;
    if (ice && section.transport == nullptr) plan.share_transport(index, plan.said.media);
    LegTransport* transport = plan.transport_for(index, profile.rtp && !(media.rtcp_mux && always), ice);
    if (transport == nullptr) return media;
    section.protocol = media.protocol;
    section.mid = media.mid;
    section.rtcp_mux = media.rtcp_mux;
    LocalSide side = plan.side_of(*transport);
    offer_ice(plan, ice, side);
    offer_keys(plan, *transport, side, media);
    plan.describe_transport(index, media, side);
    plan.set_side(*transport, std::move(side));
    return media;
}

Result<std::string> Dialogue::offer(Party from, const Exchange& exchange) {
    auto text = SdpText::parse(exchange.sdp);
    if (!text) return text.error();
    strip(*text, exchange.wishes.strip_codecs);
    Plan plan{environment_, call_id_, leg(from), leg(other(from)), exchange, std::move(*text)};
    // RFC 3264 section 8: a later description never has fewer sections.
    if (answered_ && plan.said.media.size() < plan.writer.description.media.size()) return MediaErrc::bad_description;
    bool anything = false, active = false;
    for (std::size_t i = 0; i < plan.said.media.size(); ++i) {
        plan.local.media.push_back(plan_offer(plan, i));
        if (plan.error) return plan.error;
        anything = anything || plan.local.media.back().kind != LocalMedia::Kind::refused;
        active = active || plan.said.media[i].is_active();
    }
    if (active && !anything) return MediaErrc::bad_description;
    plan.write_bundles(plan.said.media);
    take_offer(from, plan);
    write(plan.text, plan.local);
    return plan.text.text();
}

// Of the reader everything, of the writer only the words: its transports change with the answer.
void Dialogue::take_offer(Party from, Plan& plan) {
    offerer_ = from;
    has_offer_ = true;
    Leg &writer = plan.writer, &reader = plan.reader;
    writer.text = plan.original;
    writer.description = plan.said;
    writer.wishes = plan.wishes;
    if (writer.interface == nullptr) writer.interface = &environment_.interfaces.find(plan.wishes.writer_interface);
    if (!plan.wishes.label.empty()) writer.label = plan.wishes.label;
    reader.interface = plan.interface;
    reader.sections = std::move(plan.sections);
    for (auto& one : plan.fresh) reader.transports.push_back(std::move(one));
    for (auto& [transport, side] : plan.sides) transport->set_local(std::move(side), Stage::offer);
}

}  // namespace viaduct::media_relay
