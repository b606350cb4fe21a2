// local_description: see local_description.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "sdp/local_description.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sdp/codecs.hpp"

namespace viaduct::media_relay {
namespace {

// What one party says of its own transport; ours stands in its place.
constexpr std::array<std::string_view, 19> kTransportAttributes{
    "candidate",    "end-of-candidates", "remote-candidates", "ice-ufrag", "ice-pwd",    "ice-options", "ice-lite",
    "ice-mismatch", "ice-pacing",        "fingerprint",       "setup",     "tls-id",     "connection",  "crypto",
    "rtcp",         "rtcp-mux",          "rtcp-mux-only",     "key-mgmt",  "bundle-only"};

// Belongs to RTCP feedback and to browsers (RFC 4585, 8285, 5576, 8830, 8851, 8853); phones of RTP/AVP know none of it.
constexpr std::array<std::string_view, 10> kFeedbackAttributes{
    "rtcp-fb", "extmap", "extmap-allow-mixed", "ssrc",       "ssrc-group",
    "msid",    "rid",    "simulcast",          "rtcp-rsize", "imageattr"};

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string connection_text(const SocketAddress& address) {
    return fmt::format("IN {} {}", address.is_v6() ? "IP6" : "IP4", address.ip());
}

std::string_view setup_text(Setup setup) {
    switch (setup) {
        case Setup::actpass: return "actpass";
        case Setup::active: return "active";
        case Setup::passive: return "passive";
        case Setup::holdconn: return "holdconn";
        case Setup::none: break;
    }
    return {};
}

// "IN IP4 0.0.0.0" for a call held the old way.
SocketAddress shown_address(const LocalMedia& media) {
    if (!media.held_by_address) return media.rtp;
    return *SocketAddress::from_ip(media.rtp.is_v6() ? "::" : "0.0.0.0", media.rtp.port());
}

// c= comes after m= and i= (RFC 8866 section 5).
void set_connection(SdpPart& part, const SocketAddress& address) {
    const std::string value = connection_text(address);
    if (SdpLine* line = part.first('c')) {
        line->value = value;
        return;
    }
    auto place = part.lines.begin();
    while (place != part.lines.end() && (place->type == 'm' || place->type == 'i')) ++place;
    part.lines.insert(place, {'c', value});
}

void write_ice(SdpPart& section, const LocalMedia& media) {
    if (media.credentials.empty()) return;
    section.add_attribute("ice-ufrag", media.credentials.ufrag);
    section.add_attribute("ice-pwd", media.credentials.password);
    for (const IceCandidate& candidate : media.candidates) section.lines.push_back({'a', to_text(candidate)});
    section.add_attribute("end-of-candidates");
}

void write_keys(SdpPart& section, const LocalMedia& media) {
    for (const SdesCrypto& crypto : media.cryptos) section.add_attribute("crypto", to_text(crypto));
    if (media.fingerprint == nullptr) return;
    section.add_attribute("fingerprint", to_text(*media.fingerprint));
    if (media.setup != Setup::none) section.add_attribute("setup", setup_text(media.setup));
    if (!media.tls_id.empty()) section.add_attribute("tls-id", media.tls_id);
}

void write_rtcp(SdpPart& section, const LocalMedia& media) {
    if (media.rtcp_attribute) {
        const bool elsewhere = !media.rtcp.same_ip(media.rtp) && !media.rtcp_mux;
        section.add_attribute("rtcp", elsewhere ? fmt::format("{} {}", media.rtcp.port(), connection_text(media.rtcp))
                                                : fmt::format("{}", media.rtcp.port()));
    }
    if (media.rtcp_mux) section.add_attribute("rtcp-mux");
}

void write_mid(SdpPart& section, const std::string& mid) {
    section.remove_attributes_if([](const SdpLine& line) { return line.attribute_name() == "mid"; });
    if (!mid.empty()) section.add_attribute("mid", mid);
}

void write_relayed(SdpPart& section, const LocalMedia& media, bool rtp) {
    if (!media.feedback) {
        remove_payload_types(section, repair_payload_types(section));
        section.remove_attributes_if(
            [](const SdpLine& line) { return is_one_of(line.attribute_name(), kFeedbackAttributes); });
    }
    MediaLine line = *MediaLine::parse(section.lines.front().value);
    line.port = media.rtp.port();
    line.port_count = 1;
    line.protocol = media.protocol;
    section.lines.front().value = line.text();
    set_connection(section, shown_address(media));
    section.remove_attributes_if(
        [](const SdpLine& attribute) { return is_one_of(attribute.attribute_name(), kTransportAttributes); });
    write_mid(section, media.mid);
    if (!rtp) return;
    write_rtcp(section, media);
    write_ice(section, media);
    write_keys(section, media);
}

// A refused section keeps its protocol and formats (RFC 3264 section 6), and nothing of anybody's transport.
void write_refused(SdpPart& section, const LocalMedia& media) {
    MediaLine line = *MediaLine::parse(section.lines.front().value);
    line.port = 0;
    line.port_count = 1;
    if (!media.protocol.empty()) line.protocol = media.protocol;
    section.lines.front().value = line.text();
    section.remove_attributes_if([](const SdpLine& attribute) {
        return is_one_of(attribute.attribute_name(), kTransportAttributes) ||
               is_one_of(attribute.attribute_name(), kFeedbackAttributes);
    });
    write_mid(section, media.mid);
}

const LocalMedia* first_relayed(const LocalDescription& local) {
    const auto found = std::find_if(local.media.begin(), local.media.end(),
                                    [](const LocalMedia& one) { return one.kind == LocalMedia::Kind::relayed; });
    return found == local.media.end() ? nullptr : &*found;
}

// o=: user name, session id, version, IN, family, address (RFC 8866 section 5.2).
void write_origin(SdpPart& session, const LocalDescription& local, const SocketAddress* address) {
    SdpLine* line = session.first('o');
    const auto words = words_of(line->value);
    if (words.size() != 6) return;
    const std::string who = local.user_name.empty() ? std::string{words[0]} : local.user_name;
    const std::string where = local.replace_origin && address != nullptr
                                  ? connection_text(*address)
                                  : fmt::format("{} {} {}", words[3], words[4], words[5]);
    line->value = fmt::format("{} {} {} {}", who, words[1], words[2], where);
}

void write_session(SdpText& text, const LocalDescription& local) {
    SdpPart& session = text.session;
    const LocalMedia* main = first_relayed(local);
    write_origin(session, local, main == nullptr ? nullptr : &main->rtp);
    if (SdpLine* name = session.first('s'); name != nullptr && !local.session_name.empty()) {
        name->value = local.session_name;
    }
    if (main != nullptr && session.first('c') != nullptr) set_connection(session, shown_address(*main));
    const bool feedback =
        std::any_of(local.media.begin(), local.media.end(), [](const LocalMedia& one) { return one.feedback; });
    session.remove_attributes_if([&](const SdpLine& line) {
        const auto name = line.attribute_name();
        if (name == "group") return line.attribute_value().starts_with("BUNDLE");
        return is_one_of(name, kTransportAttributes) ||
               (!feedback && (name == "msid-semantic" || is_one_of(name, kFeedbackAttributes)));
    });
    for (const auto& bundle : local.bundles) {
        std::string value = "BUNDLE";
        for (const std::size_t index : bundle) value += ' ' + local.media[index].mid;
        session.add_attribute("group", value);
    }
    if (local.ice_lite) session.add_attribute("ice-lite");
}

}  // namespace

void write(SdpText& text, const LocalDescription& local) {
    for (std::size_t index = 0; index < text.sections.size() && index < local.media.size(); ++index) {
        const LocalMedia& media = local.media[index];
        if (media.kind == LocalMedia::Kind::relayed) {
            write_relayed(text.sections[index], media, media.protocol.find("RTP/") != std::string::npos);
        } else if (media.kind == LocalMedia::Kind::refused) {
            write_refused(text.sections[index], media);
        }
    }
    write_session(text, local);
}

}  // namespace viaduct::media_relay
