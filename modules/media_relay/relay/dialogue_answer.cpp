// dialogue_answer: what the reader of an answer is told, and the moment when an exchange takes effect (RFC 3264
// section 6).
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "relay/dialogue_plan.hpp"
#include "sdp/codecs.hpp"

namespace viaduct::media_relay {
namespace {

const SdesCrypto* crypto_of(const std::vector<SdesCrypto>& ours, SrtpSuite suite) {
    const auto found =
        std::find_if(ours.begin(), ours.end(), [suite](const SdesCrypto& one) { return one.keying.suite == suite; });
    return found == ours.end() ? nullptr : &*found;
}

// The one of our offered keys that the answer chose (RFC 4568 section 5.1.3).
const SdesCrypto* chosen_of(const std::vector<SdesCrypto>& ours, const DescribedMedia& said) {
    if (said.cryptos.empty()) return nullptr;
    const SdesCrypto& choice = said.cryptos.front();
    const SdesCrypto* found = crypto_of(ours, choice.keying.suite);
    return found != nullptr && found->tag == choice.tag ? found : nullptr;
}

// RFC 5763 section 5: the answerer chooses; the role in an association that goes on stays (RFC 8842 section 5.5).
Setup answered_setup(const DescribedMedia& asked, const LegTransport& transport, MediaDtls wish) {
    if (asked.setup == Setup::active) return Setup::passive;
    if (asked.setup == Setup::passive) return Setup::active;
    if (asked.setup == Setup::holdconn) return Setup::holdconn;
    const PeerState state = transport.state();
    const bool goes_on = state.key_exchange == KeyExchange::dtls && state.suite.has_value() &&
                         transport.remote().fingerprints == asked.fingerprints;
    if (goes_on) return state.dtls_client ? Setup::active : Setup::passive;
    return wish == MediaDtls::active ? Setup::active : Setup::passive;
}

}  // namespace

RemoteSide remote_side(const Description& description, const DescribedMedia& media, const Wishes& wishes, bool mux) {
    RemoteSide side;
    side.rtp = media.rtp;
    side.rtcp = media.rtcp;
    side.signalled_from = wishes.received_from;
    side.trust_description = wishes.trust_address;
    side.symmetric = wishes.symmetric;
    if (!wishes.trust_address && wishes.received_from && !media.rtp.is_unspecified()) {
        side.rtp = *wishes.received_from;
        side.rtp.set_port(media.rtp.port());
        if (media.rtcp) (side.rtcp = side.rtp)->set_port(media.rtcp->port());
        side.trust_description = true;
    }
    if (mux) side.rtcp.reset();
    side.rtcp_mux = mux;
    side.ice_lite = description.ice_lite;
    side.credentials = media.credentials;
    side.candidates = media.candidates;
    side.fingerprints = media.fingerprints;
    side.setup = media.setup;
    side.tls_id = media.tls_id;
    return side;
}

// Faults of the answer that end the exchange before anything of it has taken effect.
error_code Dialogue::fault_of_answer(const Plan& plan) const {
    const Leg &writer = plan.writer, &reader = plan.reader;
    for (std::size_t i = 0; i < plan.said.media.size() && i < reader.text.sections.size(); ++i) {
        const DescribedMedia& said = plan.said.media[i];
        if (!said.is_active() || !said.profile.rtp || !reader.description.media[i].profile.rtp) continue;
        if (!have_common_codec(reader.text.sections[i], plan.text.sections[i])) return MediaErrc::no_common_codec;
        LegTransport* transport = writer.transport(i);
        if (transport == nullptr || !profile_of(writer.sections[i].protocol).secure) continue;
        if (said.fingerprints.empty() && chosen_of(transport->cryptos(), said) == nullptr) {
            return MediaErrc::bad_description;
        }
    }
    return {};
}

// One of several sections on one transport stands or falls with the answerer's group (RFC 8843 section 7.3.1).
bool Dialogue::left_its_group(const Plan& plan, std::size_t index) const {
    const auto& said = plan.said.media;
    for (std::size_t i = 0; i < index; ++i) {
        const bool shared = plan.writer.transport(i) == plan.writer.transport(index) && said[i].is_active();
        if (shared && (!said[index].bundle || said[index].bundle != said[i].bundle)) return true;
    }
    return false;
}

void Dialogue::answer_ice(Plan& plan, const DescribedMedia& asked, const LegTransport& transport,
                          LocalSide& side) const {
    side.ice = IceMode::none;
    if (!asked.speaks_ice() || plan.wishes.ice == MediaIce::remove) return;
    const bool lite =
        plan.wishes.ice_lite.value_or(plan.reader.wishes.ice_lite_writer.value_or(environment_.settings.ice_lite));
    side.ice = lite && !plan.reader.description.ice_lite ? IceMode::lite : IceMode::full;
    // Other credentials of the peer are an ICE restart: ours must be others, too (RFC 8839 section 4.4.1.1.1).
    const IceCredentials& before = transport.remote().credentials;
    const bool restart = !before.empty() && before != asked.credentials && !plan.has_side(transport);
    if (side.credentials.empty() || restart) side.credentials = IceCredentials::make();
}

// The first of the offered keys that we speak, else the certificate.
void Dialogue::answer_keys(Plan& plan, const DescribedMedia& asked, LegTransport& transport, LocalSide& side,
                           LocalMedia& media) const {
    const RtpProfile profile = asked.profile;
    side.key_exchange = KeyExchange::none;
    side.send_keys.reset();
    for (const SdesCrypto& one : asked.cryptos) {
        const SdesCrypto* ours = profile.dtls ? nullptr : crypto_of(transport.cryptos(), one.keying.suite);
        if (ours == nullptr || !plan.wishes.allows(one.keying.suite)) continue;
        side.key_exchange = KeyExchange::sdes;
        side.send_keys = ours->keying;
        media.cryptos.push_back({one.tag, ours->keying});  // RFC 4568 section 5.1.2: the tag that was chosen
        break;
    }
    if (profile.secure && media.cryptos.empty() && !asked.fingerprints.empty()) {
        const MediaDtls own = plan.wishes.dtls;
        const MediaDtls wish = own != MediaDtls::as_received ? own : plan.reader.wishes.dtls_writer;
        side.key_exchange = KeyExchange::dtls;
        media.setup = answered_setup(asked, transport, wish);
        plan.take_certificate(side, media);
    }
    if (profile.secure && side.key_exchange == KeyExchange::none) plan.error = MediaErrc::refused;
}

LocalMedia Dialogue::plan_answer(Plan& plan, std::size_t index) {
    const DescribedMedia& said = plan.said.media[index];
    const auto& offered = plan.reader.description.media;
    if (index >= offered.size()) {
        return {.kind = LocalMedia::Kind::refused, .protocol = said.line.protocol, .mid = {}};
    }
    const DescribedMedia& asked = offered[index];
    LocalMedia media{.protocol = asked.line.protocol, .mid = asked.mid};
    Leg::Section& section = plan.sections[index];
    if (passes_by(asked)) {
        media.kind = LocalMedia::Kind::untouched;
        return media;
    }
    const bool relayed = said.is_active() && asked.is_active() && is_relayed(asked);
    if (!relayed || plan.writer.transport(index) == nullptr || left_its_group(plan, index)) {
        media.kind = LocalMedia::Kind::refused;
        section.transport = nullptr;
        return media;
    }
    const bool ice = asked.speaks_ice() && plan.wishes.ice != MediaIce::remove;
    media.rtcp_mux = asked.rtcp_mux && !plan.wishes.rtcp_mux_refused;
    media.feedback = asked.profile.feedback;
    media.held_by_address = !said.speaks_ice() && said.rtp.is_unspecified();
    if (ice) plan.share_transport(index, offered);
    LegTransport* transport = plan.transport_for(index, asked.profile.rtp && !media.rtcp_mux, ice);
    if (transport == nullptr) return media;
    section.protocol = media.protocol;
    section.mid = asked.mid;
    section.rtcp_mux = media.rtcp_mux;
    LocalSide side = plan.side_of(*transport);
    answer_ice(plan, asked, *transport, side);
    answer_keys(plan, asked, *transport, side, media);
    plan.describe_transport(index, media, side);
    plan.set_side(*transport, std::move(side));
    return media;
}

Result<std::string> Dialogue::answer(Party from, const Exchange& exchange) {
    if (!has_offer_ || from == offerer_) return MediaErrc::unknown_call;
    auto text = SdpText::parse(exchange.sdp);
    if (!text) return text.error();
    Plan plan{environment_, call_id_, leg(from), leg(other(from)), exchange, std::move(*text)};
    if (const auto fault = fault_of_answer(plan)) return fault;
    for (std::size_t i = 0; i < plan.said.media.size(); ++i) {
        plan.local.media.push_back(plan_answer(plan, i));
        if (plan.error) return plan.error;
    }
    plan.write_bundles(plan.reader.description.media);
    take_answer(plan);
    write(plan.text, plan.local);
    return plan.text.text();
}

void Dialogue::take_answer(Plan& plan) {
    answered_ = true;
    Leg &writer = plan.writer, &reader = plan.reader;
    writer.text = plan.original;
    writer.description = plan.said;
    writer.wishes = plan.wishes;
    if (!plan.wishes.label.empty()) writer.label = plan.wishes.label;
    for (std::size_t i = 0; i < plan.sections.size(); ++i) {
        const bool relayed = i < plan.local.media.size() && plan.local.media[i].kind == LocalMedia::Kind::relayed;
        if (!relayed) writer.section(i).transport = plan.sections[i].transport = nullptr;
    }
    settle_answerer(writer);
    reader.sections = std::move(plan.sections);
    for (auto& one : plan.fresh) reader.transports.push_back(std::move(one));
    for (auto& [transport, side] : plan.sides) settle_offerer(reader, *transport, std::move(side));
    rebuild_routes();
    writer.release_unused();
    reader.release_unused();
}

// The party that answers: what it chose of our offer takes effect.
void Dialogue::settle_answerer(Leg& leg) const {
    std::vector<LegTransport*> done;
    for (std::size_t i = 0; i < leg.description.media.size() && i < leg.sections.size(); ++i) {
        const DescribedMedia& said = leg.description.media[i];
        Leg::Section& section = leg.sections[i];
        LegTransport* transport = section.transport;
        if (transport == nullptr || std::find(done.begin(), done.end(), transport) != done.end()) continue;
        done.push_back(transport);
        section.rtcp_mux = section.rtcp_mux && said.rtcp_mux;
        if (section.rtcp_mux) transport->drop_rtcp();
        RemoteSide remote = remote_side(leg.description, said, leg.wishes, section.rtcp_mux);
        LocalSide local = transport->local();
        if (!said.speaks_ice()) local.ice = IceMode::none;
        const RtpProfile profile = profile_of(section.protocol);
        const SdesCrypto* chosen = profile.dtls ? nullptr : chosen_of(transport->cryptos(), said);
        local.key_exchange = KeyExchange::none;
        if (chosen != nullptr) {
            local.key_exchange = KeyExchange::sdes;
            local.send_keys = chosen->keying;
            remote.receive_keys = said.cryptos.front().keying;
        } else if (!said.fingerprints.empty() && profile.secure) {
            local.key_exchange = KeyExchange::dtls;
        }
        transport->set_raw(!said.profile.rtp);
        transport->set_local(std::move(local), Stage::offer);
        transport->set_remote(std::move(remote), Stage::answer);
    }
}

// The party that offered: its words take effect with ours.
void Dialogue::settle_offerer(Leg& leg, LegTransport& transport, LocalSide side) const {
    const auto section = std::find_if(leg.sections.begin(), leg.sections.end(),
                                      [&](const Leg::Section& one) { return one.transport == &transport; });
    const DescribedMedia& asked = leg.description.media[static_cast<std::size_t>(section - leg.sections.begin())];
    RemoteSide remote = remote_side(leg.description, asked, leg.wishes, section->rtcp_mux);
    if (side.ice == IceMode::none) remote.credentials = {};
    if (side.send_keys) {
        const SdesCrypto* theirs = crypto_of(asked.cryptos, side.send_keys->suite);
        if (theirs != nullptr) remote.receive_keys = theirs->keying;
    }
    if (section->rtcp_mux) transport.drop_rtcp();
    transport.set_raw(!asked.profile.rtp);
    transport.set_remote(std::move(remote), Stage::offer);
    transport.set_local(std::move(side), Stage::answer);
}

}  // namespace viaduct::media_relay
