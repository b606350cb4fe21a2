// dialogue_plan: see dialogue_plan.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay/dialogue_plan.hpp"

#include <algorithm>

namespace viaduct::media_relay {

namespace {

// What the reader was told first, from now on.
std::string told_first(std::string& told, std::string_view now) {
    if (told.empty()) told = now;
    return told;
}

}  // namespace

Dialogue::Plan::Plan(MediaEnvironment& environment_of, std::string call, Leg& from, Leg& to, const Exchange& exchange,
                     SdpText description)
    : environment{environment_of},
      call_id{std::move(call)},
      writer{from},
      reader{to},
      wishes{exchange.wishes},
      original{description},
      text{std::move(description)},
      said{describe(text)},
      sections{reader.sections} {
    sections.resize(std::max({sections.size(), said.media.size(), reader.description.media.size()}));
    interface = reader.interface;
    if (interface == nullptr) interface = &environment.interfaces.find(wishes.reader_interface);
    v6 = (wants_v6() && interface->v6 != nullptr) || interface->v4 == nullptr;
    local.replace_origin = wishes.replace_origin;
    local.replace_session_connection = wishes.replace_session_connection;
    if (const SdpLine* name = text.session.first('s'); name != nullptr && wishes.replace_session_name) {
        local.session_name = told_first(reader.session_name, name->value);
    }
    if (const SdpLine* origin = text.session.first('o'); origin != nullptr && wishes.replace_user_name) {
        local.user_name = told_first(reader.user_name, origin->value.substr(0, origin->value.find(' ')));
    }
}

// As asked for, else as the reader itself is, else as the writer.
bool Dialogue::Plan::wants_v6() const {
    if (wishes.address_family != MediaAddressFamily::as_received) {
        return wishes.address_family == MediaAddressFamily::v6;
    }
    const Description& like = reader.description.media.empty() ? said : reader.description;
    for (const DescribedMedia& media : like.media) {
        if (!media.is_active()) continue;
        if (media.rtp.is_unspecified() && !media.candidates.empty()) return media.candidates.front().address.is_v6();
        return media.rtp.is_v6();
    }
    return false;
}

LegTransport* Dialogue::Plan::transport_for(std::size_t index, bool rtcp, bool ice) {
    LegTransport*& transport = sections[index].transport;
    if (transport != nullptr) return transport;
    const auto type_of_service = wishes.type_of_service ? wishes.type_of_service : environment.settings.type_of_service;
    auto opened = LegTransport::open(environment, {.interface = interface,
                                                   .v4 = ice || !v6,
                                                   .v6 = ice || v6,
                                                   .rtcp = rtcp,
                                                   .type_of_service = type_of_service,
                                                   .call_id = call_id});
    if (!opened) {
        error = MediaErrc::no_ports;
        return nullptr;
    }
    transport = opened.get();
    fresh.push_back(std::move(opened));
    return transport;
}

void Dialogue::Plan::share_transport(std::size_t index, const std::vector<DescribedMedia>& grouped) {
    if (!grouped[index].bundle) return;
    for (std::size_t i = 0; i < index; ++i) {
        const bool together = grouped[i].bundle == grouped[index].bundle && sections[i].transport != nullptr;
        if (!together) continue;
        sections[index].transport = sections[i].transport;
        return;
    }
}

bool Dialogue::Plan::has_side(const LegTransport& transport) const {
    return std::any_of(sides.begin(), sides.end(), [&](const auto& one) { return one.first == &transport; });
}

LocalSide Dialogue::Plan::side_of(const LegTransport& transport) const {
    for (const auto& [one, side] : sides) {
        if (one == &transport) return side;
    }
    return transport.local();
}

void Dialogue::Plan::set_side(LegTransport& transport, LocalSide side) {
    if (!has_side(transport)) sides.emplace_back(&transport, std::move(side));
}

void Dialogue::Plan::describe_transport(std::size_t index, LocalMedia& media, const LocalSide& side) {
    const LegTransport& transport = *sections[index].transport;
    media.rtp = transport.socket(v6, Component::rtp).advertised;
    const bool shares = media.rtcp_mux && !transport.has_rtcp();
    media.rtcp = shares ? media.rtp : transport.socket(v6, Component::rtcp).advertised;
    if (wishes.media_address) {
        for (SocketAddress* one : {&media.rtp, &media.rtcp}) {
            const auto port = one->port();
            (*one = *wishes.media_address).set_port(port);
        }
    }
    media.rtcp_attribute = wishes.rtcp_attribute;
    if (side.ice == IceMode::none) return;
    media.credentials = side.credentials;
    media.candidates = transport.candidates(transport.has_rtcp());
    if (side.ice == IceMode::lite) local.ice_lite = true;
}

void Dialogue::Plan::take_certificate(LocalSide& side, LocalMedia& media) const {
    if (!side.certificate) side.certificate = environment.certificate();
    side.setup = media.setup;
    media.fingerprint = &side.certificate->fingerprint();
}

void Dialogue::Plan::write_bundles(const std::vector<DescribedMedia>& grouped) {
    for (std::size_t group = 0; group < kMostSections; ++group) {
        std::vector<std::size_t> members;
        for (std::size_t i = 0; i < local.media.size() && i < grouped.size(); ++i) {
            const LocalMedia& media = local.media[i];
            const bool relayed = media.kind == LocalMedia::Kind::relayed && !media.credentials.empty();
            if (relayed && grouped[i].bundle == group && !media.mid.empty()) members.push_back(i);
        }
        if (!members.empty()) local.bundles.push_back(std::move(members));
    }
}

}  // namespace viaduct::media_relay
