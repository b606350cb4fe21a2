// dialogue: see dialogue.hpp. Offers are in dialogue_offer.cpp, answers in dialogue_answer.cpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay/dialogue.hpp"

#include <algorithm>

namespace viaduct::media_relay {

Dialogue::Dialogue(MediaEnvironment& environment, std::string call_id, std::string via_branch, TimePoint now)
    : environment_{environment}, call_id_{std::move(call_id)}, via_branch_{std::move(via_branch)}, created_{now} {}

Dialogue::~Dialogue() = default;

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

// Where what comes in on that transport goes: a route for each of its sections.
std::vector<SectionRoute> Dialogue::routes_of(const LegTransport& transport, const Leg& source, const Leg& sink) const {
    constexpr std::size_t kMostLearned = 32;
    std::vector<SectionRoute> routes;
    for (std::size_t i = 0; i < source.sections.size(); ++i) {
        if (source.transport(i) != &transport || sink.transport(i) == nullptr) continue;
        if (i >= source.description.media.size() || i >= sink.description.media.size()) continue;
        SectionRoute route{.section = i, .to = sink.transport(i), .mid = source.sections[i].mid};
        const DescribedMedia& said = source.description.media[i];
        route.media = said.line.media;
        route.mid_extension = said.mid_extension;
        route.ssrcs = said.ssrcs;
        for (const SectionRoute& before : transport.routes()) {
            if (before.section != i) continue;
            route.totals = before.totals;
            route.streams = before.streams;
            route.ssrcs = before.ssrcs;
        }
        route.ssrcs.reserve(route.ssrcs.size() + kMostLearned);
        for (const Leg* one : {&source, &sink}) {
            const auto& types = one->description.media[i].payload_types;
            route.payload_types.insert(route.payload_types.end(), types.begin(), types.end());
        }
        route.strips_feedback =
            profile_of(source.sections[i].protocol).feedback && !profile_of(sink.sections[i].protocol).feedback;
        route.blocked = source.blocked;
        route.silenced = source.silenced;
        routes.push_back(std::move(route));
    }
    return routes;
}

void Dialogue::rebuild_routes() {
    for (const Party from : {Party::first, Party::second}) {
        Leg &source = leg(from), &sink = leg(other(from));
        for (const auto& transport : source.transports) {
            transport->set_routes(routes_of(*transport, source, sink));
            for (const SectionRoute& route : transport->routes()) {
                for (const Leg* one : {&source, &sink}) {
                    for (const auto& [type, rate] : one->description.media[route.section].clock_rates) {
                        transport->set_clock_rate(type, rate);
                    }
                }
            }
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
