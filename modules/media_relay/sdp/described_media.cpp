// described_media: see described_media.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "sdp/described_media.hpp"

#include <algorithm>

#include "sdp/codecs.hpp"

namespace viaduct::media_relay {
namespace {

constexpr std::size_t kMostValues = 64;  // of one kind, in one section

// Of the section, else of the session (RFC 8866 section 5.7, RFC 8839 section 5.4).
std::optional<std::string_view> inherited(const SdpPart& section, const SdpPart& session, std::string_view name) {
    const auto own = section.attribute(name);
    return own ? own : session.attribute(name);
}

// "IN IP4 192.0.2.1", also with "/127" behind it.
std::optional<SocketAddress> read_connection(std::string_view value, std::uint16_t port) {
    const auto words = words_of(value);
    if (words.size() != 3 || words[0] != "IN") return std::nullopt;
    return SocketAddress::from_ip(words[2].substr(0, words[2].find('/')), port);
}

std::optional<SocketAddress> connection_of(const SdpPart& section, const SdpPart& session, std::uint16_t port) {
    const SdpLine* line = section.first('c');
    if (line == nullptr) line = session.first('c');
    return line == nullptr ? std::nullopt : read_connection(line->value, port);
}

// RFC 3605: "53020", "53020 IN IP4 126.16.64.4".
std::optional<SocketAddress> read_rtcp(std::string_view value, const SocketAddress& rtp) {
    const auto space = std::min(value.find(' '), value.size());
    const auto port = number_of(value.substr(0, space), 65535);
    if (!port || *port == 0) return std::nullopt;
    SocketAddress address = rtp;
    address.set_port(static_cast<std::uint16_t>(*port));
    if (space == value.size()) return address;
    return read_connection(value.substr(space + 1), address.port());
}

Setup read_setup(std::string_view value) {
    if (value == "actpass") return Setup::actpass;
    if (value == "active") return Setup::active;
    if (value == "passive") return Setup::passive;
    if (value == "holdconn") return Setup::holdconn;
    return Setup::none;
}

MediaDirection read_direction(const SdpPart& section, const SdpPart& session) {
    for (const SdpPart* part : {&section, &session}) {
        for (const auto direction : {MediaDirection::inactive, MediaDirection::send_only, MediaDirection::receive_only,
                                     MediaDirection::send_receive}) {
            if (part->has(to_text(direction))) return direction;
        }
    }
    return MediaDirection::send_receive;
}

void read_ice(DescribedMedia& media, const SdpPart& section, const SdpPart& session) {
    media.credentials.ufrag = inherited(section, session, "ice-ufrag").value_or("");
    media.credentials.password = inherited(section, session, "ice-pwd").value_or("");
    if (media.credentials.password.empty()) media.credentials = {};
    for (const auto value : section.attributes("candidate")) {
        if (media.candidates.size() == kMostRemoteCandidates) break;
        if (auto candidate = parse_candidate(value)) media.candidates.push_back(std::move(*candidate));
    }
}

void read_security(DescribedMedia& media, const SdpPart& section, const SdpPart& session) {
    auto fingerprints = section.attributes("fingerprint");
    if (fingerprints.empty()) fingerprints = session.attributes("fingerprint");
    for (const auto value : fingerprints) {
        if (media.fingerprints.size() == kMostValues) break;
        if (auto fingerprint = parse_fingerprint(value)) media.fingerprints.push_back(std::move(*fingerprint));
    }
    media.setup = read_setup(inherited(section, session, "setup").value_or(""));
    media.tls_id = inherited(section, session, "tls-id").value_or("");
    for (const auto value : section.attributes("crypto")) {
        if (media.cryptos.size() == kMostValues) break;
        if (auto crypto = parse_sdes(value)) media.cryptos.push_back(*crypto);
    }
}

// What tells the sections of one transport apart (RFC 8843 section 9.2).
void read_identification(DescribedMedia& media, const SdpPart& section) {
    media.mid = section.attribute("mid").value_or("");
    media.bundle_only = section.has("bundle-only");
    for (const auto value : section.attributes("extmap")) {
        const auto words = words_of(value);
        if (words.size() < 2 || words[1] != "urn:ietf:params:rtp-hdrext:sdes:mid") continue;
        const auto id = number_of(words[0].substr(0, words[0].find('/')), 255);
        if (id) media.mid_extension = static_cast<std::uint8_t>(*id);
    }
    for (const auto value : section.attributes("ssrc")) {
        const auto ssrc = number_of(value.substr(0, value.find(' ')));
        if (!ssrc || media.ssrcs.size() == kMostValues) continue;
        if (media.ssrcs.empty() || media.ssrcs.back() != *ssrc) media.ssrcs.push_back(*ssrc);
    }
    for (const Codec& codec : codecs_of(section)) {
        const auto type = number_of(codec.payload_type, 127);
        const auto slash = codec.name.find('/');
        if (!type || slash == std::string::npos) continue;
        const std::string_view rate = std::string_view{codec.name}.substr(slash + 1);
        const auto hz = number_of(rate.substr(0, rate.find('/')), 1'000'000);
        if (hz) media.clock_rates.emplace_back(static_cast<std::uint8_t>(*type), *hz);
    }
    for (const std::string& format : media.line.formats) {
        const auto type = number_of(format, 127);
        if (type && media.profile.rtp) media.payload_types.push_back(static_cast<std::uint8_t>(*type));
    }
}

DescribedMedia read_section(const SdpPart& section, const SdpPart& session) {
    DescribedMedia media;
    media.line = *MediaLine::parse(section.lines.front().value);  // SdpText::parse checked it
    media.profile = profile_of(media.line.protocol);
    media.rtp = connection_of(section, session, media.line.port).value_or(SocketAddress{});
    if (const auto rtcp = section.attribute("rtcp")) media.rtcp = read_rtcp(*rtcp, media.rtp);
    media.rtcp_mux = section.has("rtcp-mux");
    media.direction = read_direction(section, session);
    read_ice(media, section, session);
    read_security(media, section, session);
    read_identification(media, section);
    return media;
}

void read_groups(Description& description, const SdpPart& session) {
    std::size_t group = 0;
    for (const auto value : session.attributes("group")) {
        const auto words = words_of(value);
        if (words.empty() || words[0] != "BUNDLE") continue;
        for (DescribedMedia& media : description.media) {
            const bool listed = std::find(words.begin() + 1, words.end(), media.mid) != words.end();
            if (listed && !media.mid.empty() && !media.bundle) media.bundle = group;
        }
        ++group;
    }
}

}  // namespace

RtpProfile profile_of(std::string_view protocol) {
    RtpProfile profile;
    const std::string_view all = protocol;
    if (protocol.starts_with("UDP/TLS/")) {
        profile.dtls = true;
        protocol.remove_prefix(8);
    }
    profile.rtp = protocol == "RTP/AVP" || protocol == "RTP/AVPF" || protocol == "RTP/SAVP" || protocol == "RTP/SAVPF";
    if (!profile.rtp || (profile.dtls && protocol[4] != 'S')) return {};
    profile.secure = protocol[4] == 'S';
    profile.feedback = all.ends_with('F');
    return profile;
}

Description describe(const SdpText& text) {
    Description description;
    description.ice_lite = text.session.has("ice-lite");
    for (const SdpPart& section : text.sections) description.media.push_back(read_section(section, text.session));
    read_groups(description, text.session);
    return description;
}

}  // namespace viaduct::media_relay
