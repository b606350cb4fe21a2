// dialogue: see dialogue.hpp. What is said to the reader of an offer is in plan_offer(), of an answer in plan_answer().
// SPDX-License-Identifier: Apache-2.0
#include "relay/dialogue.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sdp/codecs.hpp"

namespace viaduct::media_relay {

// A description on its way, before anything of it has taken effect.
struct Dialogue::Plan {
    Leg &writer, &reader;
    const Wishes& wishes;
    SdpText text;
    Description said;
    std::vector<Leg::Section> sections;  // of the reader, as they will be
    LocalDescription local{};
    std::vector<std::unique_ptr<LegTransport>> fresh{};
    std::vector<std::pair<LegTransport*, LocalSide>> sides{};
    const MediaInterface* interface = nullptr;
    bool v6 = false;
    bool no_ports = false, no_keys = false;

    LocalSide* side_of(const LegTransport* transport) {
        for (auto& [one, side] : sides) {
            if (one == transport) return &side;
        }
        return nullptr;
    }
};

namespace {

bool is_udptl(std::string_view protocol) { return protocol == "udptl" || protocol == "UDPTL"; }
bool is_relayed(const DescribedMedia& media) { return media.profile.rtp || is_udptl(media.line.protocol); }
// Media between the parties themselves: MSRP (RFC 4975), application sharing over TCP.
bool passes_by(const DescribedMedia& media) { return media.line.protocol.starts_with("TCP/"); }

void strip(SdpText& text, const std::vector<std::string>& names) {
    if (names.empty()) return;
    const auto same = [](std::string_view a, std::string_view b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
            return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
        });
    };
    for (SdpPart& section : text.sections) {
        std::vector<std::string> unwanted;
        for (const Codec& codec : codecs_of(section)) {
            const std::string_view name = std::string_view{codec.name}.substr(0, codec.name.find('/'));
            if (std::any_of(names.begin(), names.end(), [&](const auto& one) { return same(one, name); })) {
                unwanted.push_back(codec.payload_type);
            }
        }
        remove_payload_types(section, unwanted);
    }
}

const SdesCrypto* crypto_of(const std::vector<SdesCrypto>& ours, SrtpSuite suite) {
    const auto found =
        std::find_if(ours.begin(), ours.end(), [suite](const SdesCrypto& one) { return one.keying.suite == suite; });
    return found == ours.end() ? nullptr : &*found;
}

// RFC 5763 section 5: the answerer chooses; a role that was taken before stays (RFC 8842 section 5.5).
Setup answered_setup(const DescribedMedia& asked, const LegTransport& transport, MediaDtls wish) {
    if (asked.setup == Setup::active) return Setup::passive;
    if (asked.setup == Setup::passive) return Setup::active;
    if (asked.setup == Setup::holdconn) return Setup::holdconn;
    const LocalSide& before = transport.local();
    const bool settled = before.setup == Setup::active || before.setup == Setup::passive;
    if (settled && transport.remote().fingerprints == asked.fingerprints) return before.setup;
    return wish == MediaDtls::active ? Setup::active : Setup::passive;
}

}  // namespace

RemoteSide remote_side(const Description& description, const DescribedMedia& media, const Wishes& wishes, bool mux) {
    RemoteSide side;
    side.rtp = media.rtp;
    side.rtcp = media.rtcp;
    side.signalled_from = wishes.received_from;
    side.trust_description = wishes.trust_address;
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

Dialogue::Dialogue(MediaEnvironment& environment, std::string call_id, std::string via_branch, TimePoint now)
    : environment_{environment}, call_id_{std::move(call_id)}, via_branch_{std::move(via_branch)}, created_{now} {}

Dialogue::~Dialogue() = default;

// -- what both directions share

// The family of our address towards the reader: as asked for, else as the party it is like, else as we have.
bool Dialogue::family_of(const Plan& plan) const {
    if (plan.wishes.address_family != MediaAddressFamily::as_received) {
        return plan.wishes.address_family == MediaAddressFamily::v6;
    }
    const Description& like = plan.reader.description.media.empty() ? plan.said : plan.reader.description;
    for (const DescribedMedia& media : like.media) {
        if (!media.is_active()) continue;
        if (media.rtp.is_unspecified() && !media.candidates.empty()) return media.candidates.front().address.is_v6();
        return media.rtp.is_v6();
    }
    return false;
}

// The section's own, that of its BUNDLE group, or a new one. Null: no ports.
LegTransport* Dialogue::transport_for(Plan& plan, std::size_t index, bool rtcp, bool ice) {
    LegTransport*& transport = plan.sections[index].transport;
    if (transport != nullptr) return transport;
    const bool has_v4 = plan.interface->v4 != nullptr, has_v6 = plan.interface->v6 != nullptr;
    const bool v6 = (plan.v6 && has_v6) || !has_v4;
    auto opened = LegTransport::open(
        environment_, {.interface = plan.interface,
                       .v4 = has_v4 && (ice || !v6),
                       .v6 = has_v6 && (ice || v6),
                       .rtcp = rtcp,
                       .type_of_service = plan.wishes.type_of_service ? plan.wishes.type_of_service
                                                                      : environment_.settings.type_of_service,
                       .call_id = call_id_});
    if (!opened) {
        plan.no_ports = true;
        return nullptr;
    }
    transport = opened.get();
    plan.fresh.push_back(std::move(opened));
    return transport;
}

// Addresses, ports and candidates of the section's transport.
void Dialogue::describe_transport(Plan& plan, std::size_t index, LocalMedia& media, LocalSide& side) {
    const LegTransport& transport = *plan.sections[index].transport;
    const bool v6 = (plan.v6 && plan.interface->v6 != nullptr) || plan.interface->v4 == nullptr;
    media.rtp = transport.socket(v6, Component::rtp).advertised;
    media.rtcp = media.rtcp_mux && !transport.has_rtcp() ? media.rtp : transport.socket(v6, Component::rtcp).advertised;
    if (plan.wishes.media_address) {
        const auto shown = [&](const SocketAddress& address) {
            SocketAddress other = *plan.wishes.media_address;
            other.set_port(address.port());
            return other;
        };
        media.rtp = shown(media.rtp);
        media.rtcp = shown(media.rtcp);
    }
    media.rtcp_attribute = plan.wishes.rtcp_attribute;
    if (side.ice == IceMode::none) return;
    media.credentials = side.credentials;
    media.candidates = transport.candidates(transport.has_rtcp());
}

// -- offers

LocalMedia Dialogue::plan_offer(Plan& plan, std::size_t index) {
    const DescribedMedia& said = plan.said.media[index];
    Leg::Section& section = plan.sections[index];
    LocalMedia media{.protocol = said.line.protocol, .mid = said.mid};
    if (passes_by(said)) {
        media.kind = LocalMedia::Kind::untouched;
        return media;
    }
    if (!said.is_active() || !is_relayed(said)) {
        media.kind = LocalMedia::Kind::refused;
        section.transport = nullptr;
        return media;
    }
    const Wishes& wishes = plan.wishes;
    if (said.profile.rtp && !wishes.protocol.empty()) media.protocol = wishes.protocol;
    const RtpProfile profile = profile_of(media.protocol);
    const bool ice =
        profile.rtp && (wishes.ice == MediaIce::force || (wishes.ice == MediaIce::as_received && said.speaks_ice()));
    media.rtcp_mux =
        profile.rtp && (wishes.rtcp_mux == MediaRtcpMux::offer || wishes.rtcp_mux == MediaRtcpMux::require ||
                        (wishes.rtcp_mux != MediaRtcpMux::demux && said.rtcp_mux));
    media.feedback = profile.feedback;
    media.held_by_address = !said.speaks_ice() && said.rtp.is_unspecified();
    if (media.mid.empty() && wishes.generate_mid) media.mid = fmt::format("{}", index);
    if (!ice && !wishes.generate_mid) media.mid.clear();

    // Browsers always multiplex (RFC 8834 section 4.5); others need a port to fall back to (RFC 5761 section 5.1.1).
    const bool needs_rtcp =
        profile.rtp && !(media.rtcp_mux && ((ice && profile.dtls) || wishes.rtcp_mux == MediaRtcpMux::require));
    if (ice && said.bundle) {
        for (std::size_t i = 0; i < index && section.transport == nullptr; ++i) {
            const bool together = plan.said.media[i].bundle == said.bundle && plan.sections[i].transport != nullptr;
            if (together) section.transport = plan.sections[i].transport;
        }
    }
    LegTransport* transport = transport_for(plan, index, needs_rtcp, ice);
    if (transport == nullptr) return media;
    section.protocol = media.protocol;
    section.mid = media.mid;
    section.rtcp_mux = media.rtcp_mux;

    LocalSide* known = plan.side_of(transport);
    LocalSide side = known != nullptr ? *known : transport->local();
    if (ice) {
        side.ice = wishes.ice_lite.value_or(environment_.settings.ice_lite) ? IceMode::lite : IceMode::full;
        if (side.credentials.empty()) side.credentials = IceCredentials::make();
        if (side.ice == IceMode::lite) plan.local.ice_lite = true;
    } else {
        side.ice = IceMode::none;
        side.credentials = {};
    }
    if ((profile.secure && !profile.dtls) || (profile.rtp && !profile.secure && wishes.opportunistic)) {
        for (const SdesCrypto& one : transport->cryptos()) {
            if (wishes.allows(one.keying.suite)) media.cryptos.push_back(one);
        }
    }
    const bool dtls_asked = wishes.dtls == MediaDtls::passive || wishes.dtls == MediaDtls::active;
    const bool dtls =
        profile.dtls || (profile.secure && wishes.dtls != MediaDtls::off && (dtls_asked || media.cryptos.empty()));
    side.key_exchange = dtls ? KeyExchange::dtls : media.cryptos.empty() ? KeyExchange::none : KeyExchange::sdes;
    if (dtls) {
        if (!side.certificate) side.certificate = environment_.certificate();
        side.setup = media.setup = Setup::actpass;  // RFC 5763 section 5: an offer leaves the choice
        media.fingerprint = &side.certificate->fingerprint();
    }
    if (profile.secure && side.key_exchange == KeyExchange::none) plan.no_keys = true;
    describe_transport(plan, index, media, side);
    if (known == nullptr) plan.sides.emplace_back(transport, std::move(side));
    return media;
}

Result<std::string> Dialogue::offer(Party from, const Exchange& exchange) {
    auto text = SdpText::parse(exchange.sdp);
    if (!text) return text.error();
    Leg &writer = leg(from), &reader = leg(other(from));
    SdpText original = *text;
    strip(*text, exchange.wishes.strip_codecs);
    Plan plan{.writer = writer,
              .reader = reader,
              .wishes = exchange.wishes,
              .text = std::move(*text),
              .said = {},
              .sections = reader.sections};
    plan.said = describe(plan.text);
    plan.sections.resize(std::max(plan.sections.size(), plan.said.media.size()));
    plan.interface =
        reader.interface != nullptr ? reader.interface : &environment_.interfaces.find(exchange.wishes.reader_interface);
    plan.v6 = family_of(plan);
    bool relayed = false;
    for (std::size_t i = 0; i < plan.said.media.size(); ++i) {
        plan.local.media.push_back(plan_offer(plan, i));
        relayed = relayed || plan.local.media.back().kind != LocalMedia::Kind::refused;
        if (plan.no_ports) return MediaErrc::no_ports;
        if (plan.no_keys) return MediaErrc::refused;
    }
    const bool all_refused = std::none_of(plan.said.media.begin(), plan.said.media.end(),
                                          [](const DescribedMedia& one) { return one.is_active(); });
    if (!relayed && !all_refused) return MediaErrc::bad_description;

    // BUNDLE towards a reader with ICE: the groups as they were, of what is still there.
    for (std::size_t group = 0; group < kMostSections; ++group) {
        std::vector<std::size_t> members;
        for (std::size_t i = 0; i < plan.said.media.size(); ++i) {
            const LocalMedia& media = plan.local.media[i];
            const bool member = plan.said.media[i].bundle == group && !media.credentials.empty();
            if (member && media.kind == LocalMedia::Kind::relayed && !media.mid.empty()) members.push_back(i);
        }
        if (members.size() > 0) plan.local.bundles.push_back(std::move(members));
    }
    plan.local.replace_origin = exchange.wishes.replace_origin;
    plan.local.replace_session_connection = exchange.wishes.replace_session_connection;

    offerer_ = from;
    has_offer_ = true;
    writer.text = std::move(original);
    writer.description = plan.said;
    writer.wishes = exchange.wishes;
    if (writer.interface == nullptr) writer.interface = &environment_.interfaces.find(exchange.wishes.writer_interface);
    reader.interface = plan.interface;
    if (!exchange.wishes.label.empty()) writer.label = exchange.wishes.label;
    // What is refused now keeps its transport until the answer, because the offer may be refused as a whole.
    for (std::size_t i = 0; i < plan.sections.size(); ++i) {
        Leg::Section& section = plan.sections[i];
        if (section.transport == nullptr && i < reader.sections.size())
            section.transport = reader.sections[i].transport;
    }
    reader.sections = std::move(plan.sections);
    for (auto& one : plan.fresh) reader.transports.push_back(std::move(one));
    for (auto& [transport, side] : plan.sides) transport->set_local(std::move(side), Stage::offer);
    write(plan.text, plan.local);
    return plan.text.text();
}

// -- answers

LocalMedia Dialogue::plan_answer(Plan& plan, std::size_t index) {
    const DescribedMedia& said = plan.said.media[index];
    const auto& offered = plan.reader.description.media;
    LocalMedia media{.protocol = said.line.protocol, .mid = {}};
    if (index >= offered.size()) {
        media.kind = LocalMedia::Kind::refused;
        return media;
    }
    const DescribedMedia& asked = offered[index];
    media.protocol = asked.line.protocol;
    media.mid = asked.mid;
    Leg::Section& section = plan.sections[index];
    if (passes_by(asked)) {
        media.kind = LocalMedia::Kind::untouched;
        return media;
    }
    // One of several sections on one transport stands or falls with the answerer's group (RFC 8843 section 7.3.1).
    LegTransport* towards_writer = plan.writer.transport(index);
    bool alone = false;
    for (std::size_t i = 0; i < index; ++i) {
        const bool shared = plan.writer.transport(i) == towards_writer && plan.said.media[i].is_active();
        if (shared && (!said.bundle || said.bundle != plan.said.media[i].bundle)) alone = true;
    }
    if (!said.is_active() || !asked.is_active() || !is_relayed(asked) || towards_writer == nullptr || alone) {
        media.kind = LocalMedia::Kind::refused;
        section.transport = nullptr;
        return media;
    }
    const Wishes& wishes = plan.wishes;
    const RtpProfile profile = asked.profile;
    const bool ice = asked.speaks_ice() && wishes.ice != MediaIce::remove;
    media.rtcp_mux = asked.rtcp_mux && !wishes.rtcp_mux_refused;
    media.feedback = profile.feedback;
    media.held_by_address = !said.speaks_ice() && said.rtp.is_unspecified();
    if (ice && asked.bundle) {
        for (std::size_t i = 0; i < index; ++i) {
            const bool together = offered[i].bundle == asked.bundle && plan.sections[i].transport != nullptr;
            if (together) section.transport = plan.sections[i].transport;
        }
    }
    LegTransport* transport = transport_for(plan, index, profile.rtp && !media.rtcp_mux, ice);
    if (transport == nullptr) return media;
    section.protocol = media.protocol;
    section.mid = asked.mid;
    section.rtcp_mux = media.rtcp_mux;

    LocalSide* known = plan.side_of(transport);
    LocalSide side = known != nullptr ? *known : transport->local();
    side.ice = IceMode::none;
    if (ice) {
        const bool lite =
            wishes.ice_lite.value_or(plan.reader.wishes.ice_lite_writer.value_or(environment_.settings.ice_lite));
        side.ice = lite && !plan.reader.description.ice_lite ? IceMode::lite : IceMode::full;
        // Other credentials of the peer are an ICE restart: ours must be others, too (RFC 8839 section 4.4.1.1.1).
        const bool restart = !transport->remote().credentials.empty() &&
                             transport->remote().credentials != asked.credentials && known == nullptr;
        if (side.credentials.empty() || restart) side.credentials = IceCredentials::make();
        if (side.ice == IceMode::lite) plan.local.ice_lite = true;
    }
    side.key_exchange = KeyExchange::none;
    side.send_keys.reset();
    if (!profile.dtls && profile.rtp) {
        for (const SdesCrypto& one : asked.cryptos) {
            const SdesCrypto* ours = crypto_of(transport->cryptos(), one.keying.suite);
            if (ours == nullptr || !wishes.allows(one.keying.suite)) continue;
            side.key_exchange = KeyExchange::sdes;
            side.send_keys = ours->keying;
            media.cryptos.push_back({one.tag, ours->keying});  // RFC 4568 section 5.1.2: the tag that was chosen
            break;
        }
    }
    const bool dtls = !asked.fingerprints.empty() && (profile.dtls || (profile.secure && media.cryptos.empty()));
    if (dtls) {
        if (!side.certificate) side.certificate = environment_.certificate();
        const MediaDtls wish = wishes.dtls != MediaDtls::as_received ? wishes.dtls : plan.reader.wishes.dtls_writer;
        side.key_exchange = KeyExchange::dtls;
        side.setup = media.setup = answered_setup(asked, *transport, wish);
        media.fingerprint = &side.certificate->fingerprint();
    }
    if (profile.secure && side.key_exchange == KeyExchange::none) plan.no_keys = true;
    describe_transport(plan, index, media, side);
    if (known == nullptr) plan.sides.emplace_back(transport, std::move(side));
    return media;
}

// The party that answers: what it chose of our offer takes effect.
void Dialogue::settle_answerer(Party answerer, const Description& description) {
    Leg& leg = this->leg(answerer);
    std::vector<LegTransport*> done;
    for (std::size_t i = 0; i < description.media.size() && i < leg.sections.size(); ++i) {
        const DescribedMedia& said = description.media[i];
        Leg::Section& section = leg.sections[i];
        LegTransport* transport = section.transport;
        if (transport == nullptr || std::find(done.begin(), done.end(), transport) != done.end()) continue;
        done.push_back(transport);
        section.rtcp_mux = section.rtcp_mux && said.rtcp_mux;
        if (section.rtcp_mux) transport->drop_rtcp();
        RemoteSide remote = remote_side(description, said, leg.wishes, section.rtcp_mux);
        LocalSide local = transport->local();
        if (!said.speaks_ice()) local.ice = IceMode::none;
        if (!said.cryptos.empty() && !profile_of(section.protocol).dtls) {
            const auto& ours = transport->cryptos();
            const auto chosen = std::find_if(ours.begin(), ours.end(), [&](const SdesCrypto& one) {
                return one.tag == said.cryptos.front().tag && one.keying.suite == said.cryptos.front().keying.suite;
            });
            if (chosen != ours.end()) {
                local.key_exchange = KeyExchange::sdes;
                local.send_keys = chosen->keying;
                remote.receive_keys = said.cryptos.front().keying;
            }
        } else if (!said.fingerprints.empty() && profile_of(section.protocol).secure) {
            local.key_exchange = KeyExchange::dtls;
        } else {
            local.key_exchange = KeyExchange::none;
        }
        transport->set_raw(!said.profile.rtp);
        transport->set_local(std::move(local), Stage::offer);
        transport->set_remote(std::move(remote), Stage::answer);
    }
}

Result<std::string> Dialogue::answer(Party from, const Exchange& exchange) {
    if (!has_offer_ || from == offerer_) return MediaErrc::unknown_call;
    auto text = SdpText::parse(exchange.sdp);
    if (!text) return text.error();
    Leg &writer = leg(from), &reader = leg(other(from));
    SdpText original = *text;
    Plan plan{.writer = writer,
              .reader = reader,
              .wishes = exchange.wishes,
              .text = std::move(*text),
              .said = {},
              .sections = reader.sections};
    plan.said = describe(plan.text);
    for (std::size_t i = 0; i < plan.said.media.size() && i < reader.text.sections.size(); ++i) {
        const DescribedMedia& said = plan.said.media[i];
        if (!said.is_active() || !said.profile.rtp || !reader.description.media[i].profile.rtp) continue;
        if (!have_common_codec(reader.text.sections[i], plan.text.sections[i])) return MediaErrc::no_common_codec;
        const bool secure = profile_of(writer.section(i).protocol).secure && writer.transport(i) != nullptr;
        if (secure && said.cryptos.empty() && said.fingerprints.empty()) return MediaErrc::bad_description;
    }
    plan.sections.resize(std::max(plan.sections.size(), reader.description.media.size()));
    plan.interface = reader.interface;
    plan.v6 = family_of(plan);
    for (std::size_t i = 0; i < plan.said.media.size(); ++i) {
        plan.local.media.push_back(plan_answer(plan, i));
        if (plan.no_ports) return MediaErrc::no_ports;
        if (plan.no_keys) return MediaErrc::refused;
    }
    const auto& offered = reader.description.media;
    for (std::size_t group = 0; group < kMostSections; ++group) {
        std::vector<std::size_t> members;
        for (std::size_t i = 0; i < plan.said.media.size() && i < offered.size(); ++i) {
            const LocalMedia& media = plan.local.media[i];
            const bool member = offered[i].bundle == group && !media.credentials.empty();
            if (member && media.kind == LocalMedia::Kind::relayed) members.push_back(i);
        }
        if (!members.empty()) plan.local.bundles.push_back(std::move(members));
    }
    plan.local.replace_origin = exchange.wishes.replace_origin;
    plan.local.replace_session_connection = exchange.wishes.replace_session_connection;

    answered_ = true;
    writer.text = std::move(original);
    writer.description = plan.said;
    writer.wishes = exchange.wishes;
    if (!exchange.wishes.label.empty()) writer.label = exchange.wishes.label;
    for (std::size_t i = 0; i < plan.local.media.size() && i < plan.sections.size(); ++i) {
        if (plan.local.media[i].kind != LocalMedia::Kind::relayed) writer.section(i).transport = nullptr;
    }
    for (std::size_t i = plan.said.media.size(); i < plan.sections.size(); ++i) plan.sections[i].transport = nullptr;
    settle_answerer(from, plan.said);

    reader.sections = std::move(plan.sections);
    for (auto& one : plan.fresh) reader.transports.push_back(std::move(one));
    for (auto& [transport, side] : plan.sides) {
        const auto section = std::find_if(reader.sections.begin(), reader.sections.end(),
                                          [one = transport](const auto& s) { return s.transport == one; });
        const auto index = static_cast<std::size_t>(section - reader.sections.begin());
        const DescribedMedia& asked = offered[index];
        RemoteSide remote = remote_side(reader.description, asked, reader.wishes, section->rtcp_mux);
        if (side.ice == IceMode::none) remote.credentials = {};
        if (side.send_keys) {
            const auto theirs = crypto_of(asked.cryptos, side.send_keys->suite);
            if (theirs != nullptr) remote.receive_keys = theirs->keying;
        }
        if (section->rtcp_mux) transport->drop_rtcp();
        transport->set_raw(!asked.profile.rtp);
        transport->set_remote(std::move(remote), Stage::offer);
        transport->set_local(std::move(side), Stage::answer);
    }
    rebuild_routes();
    writer.release_unused();
    reader.release_unused();
    write(plan.text, plan.local);
    return plan.text.text();
}

void Dialogue::add_candidates(Party from, const SdpText& fragment) {
    const Description more = describe(fragment);
    Leg& reader = leg(from);
    for (const DescribedMedia& media : more.media) {
        for (std::size_t i = 0; i < reader.description.media.size() && i < reader.sections.size(); ++i) {
            if (reader.sections[i].transport == nullptr || reader.description.media[i].mid != media.mid) continue;
            for (const IceCandidate& one : media.candidates) {
                reader.sections[i].transport->add_remote_candidate(one, media.credentials.ufrag);
            }
            break;
        }
    }
}

// -- media

void Dialogue::rebuild_routes() {
    constexpr std::size_t kMostLearned = 32;
    for (const Party from : {Party::first, Party::second}) {
        Leg &source = leg(from), &sink = leg(other(from));
        for (const auto& transport : source.transports) {
            std::vector<SectionRoute> routes;
            for (std::size_t i = 0; i < source.sections.size(); ++i) {
                LegTransport* to = sink.transport(i);
                if (source.transport(i) != transport.get() || to == nullptr) continue;
                SectionRoute route{.section = i, .to = to, .mid = source.sections[i].mid};
                for (const SectionRoute& before : transport->routes()) {
                    if (before.section != i) continue;
                    route.totals = before.totals;
                    route.ssrcs = before.ssrcs;
                    route.streams = before.streams;
                }
                for (const Leg* said : {&source, &sink}) {
                    if (i >= said->description.media.size()) continue;
                    const DescribedMedia& media = said->description.media[i];
                    if (said == &source) route.mid_extension = media.mid_extension;
                    for (const auto type : media.payload_types) route.payload_types.push_back(type);
                    for (const auto& [type, rate] : media.clock_rates) transport->set_clock_rate(type, rate);
                    if (said == &source && route.ssrcs.empty()) route.ssrcs = media.ssrcs;
                }
                route.ssrcs.reserve(route.ssrcs.size() + kMostLearned);
                route.strips_feedback =
                    profile_of(source.sections[i].protocol).feedback && !profile_of(sink.sections[i].protocol).feedback;
                route.blocked = source.blocked;
                route.silenced = source.silenced;
                routes.push_back(std::move(route));
            }
            transport->set_routes(std::move(routes));
        }
    }
}

TimePoint Dialogue::last_packet(Party from) const {
    TimePoint last{};
    for (const auto& transport : leg(from).transports) {
        for (const SectionRoute& route : transport->routes()) last = std::max(last, route.totals.last);
    }
    return last;
}

TimePoint Dialogue::last_packet() const {
    return std::max({created_, last_packet(Party::first), last_packet(Party::second)});
}

bool Dialogue::is_held() const {
    for (const Leg& one : legs_) {
        const bool listens =
            std::any_of(one.description.media.begin(), one.description.media.end(), [](const DescribedMedia& media) {
                const bool known = media.speaks_ice() || !media.rtp.is_unspecified();
                return media.is_active() && known &&
                       (media.direction == MediaDirection::send_receive ||
                        media.direction == MediaDirection::receive_only);
            });
        if (!listens) return true;
    }
    return false;
}

void Dialogue::forget_second() {
    for (const auto& transport : legs_[0].transports) transport->set_routes({});
    const MediaInterface* interface = legs_[1].interface;
    legs_[1] = {};
    legs_[1].interface = interface;
    answered_ = false;
}

}  // namespace viaduct::media_relay
