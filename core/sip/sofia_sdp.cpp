// sofia_sdp: viaduct/sdp.hpp on top of sofia-sip's parser.
//
// The library allocates from a home on the stack of the call and copies nothing out; everything is moved into values
// before the home goes. What it only warns about (an unusual order of lines) is accepted.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/sdp.hpp>

#include <algorithm>
#include <memory>

#include <sofia-sip/sdp.h>

#include <viaduct/sip_error.hpp>

#include "sip/text.hpp"

namespace viaduct {

namespace {

struct FreeParser {
    void operator()(sdp_parser_t* parser) const { sdp_parser_free(parser); }
};
using Parser = std::unique_ptr<sdp_parser_t, FreeParser>;

std::string text(const char* from) { return from == nullptr ? std::string{} : std::string{from}; }

std::optional<SdpConnection> connection_of(const sdp_connection_t* from) {
    if (from == nullptr || from->c_address == nullptr) return std::nullopt;
    return SdpConnection{.address = from->c_address, .v6 = from->c_addrtype == sdp_addr_ip6};
}

std::vector<SdpAttribute> attributes_of(const sdp_attribute_t* from) {
    std::vector<SdpAttribute> list;
    for (; from != nullptr; from = from->a_next) list.push_back({text(from->a_name), text(from->a_value)});
    return list;
}

MediaDirection direction(unsigned mode) {
    switch (mode) {
        case sdp_inactive: return MediaDirection::inactive;
        case sdp_sendonly: return MediaDirection::send_only;
        case sdp_recvonly: return MediaDirection::receive_only;
        default: return MediaDirection::send_receive;
    }
}

SdpCodec codec(const sdp_rtpmap_t& from) {
    return {.payload_type = static_cast<std::uint8_t>(from.rm_pt),
            .name = text(from.rm_encoding),
            .clock_rate = static_cast<std::uint32_t>(from.rm_rate),
            .parameters = text(from.rm_params),
            .format_parameters = text(from.rm_fmtp)};
}

// "96 opus/48000/2": payload type, then the mapping (RFC 8866 section 6.6).
SdpCodec codec(std::uint8_t payload_type, std::string_view mapping) {
    SdpCodec made{.payload_type = payload_type, .name = {}, .clock_rate = 0, .parameters = {}, .format_parameters = {}};
    const auto slash = std::min(mapping.find('/'), mapping.size());
    made.name = mapping.substr(0, slash);
    mapping.remove_prefix(std::min(slash + 1, mapping.size()));
    made.clock_rate = sip::parse_number<std::uint32_t>(sip::take(mapping, sip::kDigit)).value_or(0);
    if (sip::take_char(mapping, '/')) made.parameters = mapping;
    return made;
}

// The value of a=name:FORMAT VALUE; "" when there is none.
std::string_view mapped(const std::vector<SdpAttribute>& list, std::string_view name, std::string_view format) {
    for (const auto& attribute : list) {
        std::string_view rest = attribute.value;
        if (attribute.name == name && rest.starts_with(format) && rest.substr(format.size()).starts_with(' '))
            return sip::trim(rest.substr(format.size()));
    }
    return {};
}

// The library maps payload types of RTP/AVP and RTP/SAVP only; the other RTP protocols (RFC 5764, RFC 4585) are mapped
// here.
void map_codecs(MediaSection& section) {
    for (const auto& format : section.formats) {
        const auto payload_type = sip::parse_number<std::uint8_t>(format);
        if (!payload_type || *payload_type > 127) continue;
        const auto mapping = mapped(section.attributes, "rtpmap", format);
        const auto* const known = sdp_rtpmap_well_known[*payload_type];
        if (mapping.empty() && known == nullptr) continue;
        section.codecs.push_back(mapping.empty() ? codec(*known) : codec(*payload_type, mapping));
        section.codecs.back().format_parameters = mapped(section.attributes, "fmtp", format);
    }
    std::erase_if(section.attributes,
                  [](const SdpAttribute& attribute) { return attribute.name == "rtpmap" || attribute.name == "fmtp"; });
}

// False when a number does not fit: the library reads any length of digits.
bool fill(const sdp_media_t& from, const Sdp& session, MediaSection& section) {
    if (from.m_port > 65535 || from.m_number_of_ports > 65535) return false;
    section.media = text(from.m_type_name);
    section.port = static_cast<std::uint16_t>(from.m_port);
    section.port_count = from.m_number_of_ports == 0 ? 1 : static_cast<std::uint16_t>(from.m_number_of_ports);
    section.protocol = text(from.m_proto_name);
    for (const auto* rtpmap = from.m_rtpmaps; rtpmap != nullptr; rtpmap = rtpmap->rm_next) {
        section.codecs.push_back(codec(*rtpmap));
        section.formats.push_back(std::to_string(rtpmap->rm_pt));
    }
    for (const auto* format = from.m_format; format != nullptr; format = format->l_next)
        section.formats.push_back(text(format->l_text));
    section.connection = connection_of(from.m_connections);
    if (!section.connection) section.connection = session.connection;
    section.direction = direction(from.m_mode);
    section.attributes = attributes_of(from.m_attributes);
    if (section.codecs.empty() && section.protocol.find("RTP/") != std::string::npos) map_codecs(section);
    return true;
}

const SdpAttribute* find(const std::vector<SdpAttribute>& list, std::string_view name) {
    for (const auto& attribute : list) {
        if (sip::equal_ignoring_case(attribute.name, name)) return &attribute;
    }
    return nullptr;
}

}  // namespace

std::string_view to_text(MediaDirection direction) {
    switch (direction) {
        case MediaDirection::inactive: return "inactive";
        case MediaDirection::send_only: return "sendonly";
        case MediaDirection::receive_only: return "recvonly";
        case MediaDirection::send_receive: break;
    }
    return "sendrecv";
}

const SdpAttribute* MediaSection::attribute(std::string_view name) const { return find(attributes, name); }
const SdpAttribute* Sdp::attribute(std::string_view name) const { return find(attributes, name); }

Result<Sdp> Sdp::parse(std::string_view body) {
    if (body.empty() || body.size() > 65535 || body.find('\0') != std::string_view::npos) return SipErrc::bad_body;
    const Parser parser{sdp_parse(nullptr, body.data(), static_cast<issize_t>(body.size()), sdp_f_insane)};
    const sdp_session_t* const session = parser ? sdp_session(parser.get()) : nullptr;
    if (session == nullptr || session->sdp_origin == nullptr) return SipErrc::bad_body;
    Sdp sdp;
    sdp.user_name = text(session->sdp_origin->o_username);
    sdp.session_id = session->sdp_origin->o_id;
    sdp.session_version = session->sdp_origin->o_version;
    sdp.session_name = text(session->sdp_subject);
    sdp.connection = connection_of(session->sdp_connection);
    sdp.attributes = attributes_of(session->sdp_attributes);
    for (const auto* media = session->sdp_media; media != nullptr; media = media->m_next) {
        if (!fill(*media, sdp, sdp.media.emplace_back())) return SipErrc::bad_body;
    }
    return sdp;
}

}  // namespace viaduct
