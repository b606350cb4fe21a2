// sdp: reading session descriptions (RFC 8866 section 9, RFC 3264, RFC 3551 section 6). See viaduct/sdp.hpp.
//
// Line by line, each type by its letter; unknown lines and lines that do not matter to a proxy (times, bandwidth, keys)
// are passed over. README.md says why this is not sofia-sip's parser.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/sdp.hpp>

#include <algorithm>
#include <array>

#include <viaduct/sip_error.hpp>

#include "sip/text.hpp"

namespace viaduct {

namespace {

constexpr std::size_t kLargest = 65535;
constexpr std::size_t kMostSections = 256;

// The next word; words are separated by blanks.
std::string_view take_word(std::string_view& rest) {
    const auto begin = std::min(rest.find_first_not_of(" \t"), rest.size());
    const auto end = std::min(rest.find_first_of(" \t", begin), rest.size());
    const auto word = rest.substr(begin, end - begin);
    rest.remove_prefix(end);
    return word;
}

// A line without its end; some send LF alone (RFC 8866 section 5 asks to accept it).
std::string_view take_line(std::string_view& rest) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

struct StaticCodec {
    std::uint8_t payload_type;
    const char* name;
    std::uint32_t clock_rate;
};
// RFC 3551 tables 4 and 5.
constexpr std::array kStaticCodecs = {
    StaticCodec{0, "PCMU", 8000},   StaticCodec{3, "GSM", 8000},    StaticCodec{4, "G723", 8000},
    StaticCodec{5, "DVI4", 8000},   StaticCodec{6, "DVI4", 16000},  StaticCodec{7, "LPC", 8000},
    StaticCodec{8, "PCMA", 8000},   StaticCodec{9, "G722", 8000},   StaticCodec{10, "L16", 44100},
    StaticCodec{11, "L16", 44100},  StaticCodec{12, "QCELP", 8000}, StaticCodec{13, "CN", 8000},
    StaticCodec{14, "MPA", 90000},  StaticCodec{15, "G728", 8000},  StaticCodec{16, "DVI4", 11025},
    StaticCodec{17, "DVI4", 22050}, StaticCodec{18, "G729", 8000},  StaticCodec{25, "CelB", 90000},
    StaticCodec{26, "JPEG", 90000}, StaticCodec{28, "nv", 90000},   StaticCodec{31, "H261", 90000},
    StaticCodec{32, "MPV", 90000},  StaticCodec{33, "MP2T", 90000}, StaticCodec{34, "H263", 90000},
};

std::optional<MediaDirection> direction(std::string_view name) {
    for (const auto one : {MediaDirection::inactive, MediaDirection::send_only, MediaDirection::receive_only,
                           MediaDirection::send_receive}) {
        if (name == to_text(one)) return one;
    }
    return std::nullopt;
}

// The value of a=NAME:FORMAT VALUE; "" when there is none.
std::string_view mapped(const std::vector<SdpAttribute>& list, std::string_view name, std::string_view format) {
    for (const auto& attribute : list) {
        if (attribute.name != name) continue;
        std::string_view rest = attribute.value;
        if (take_word(rest) == format) return sip::trim(rest);
    }
    return {};
}

std::optional<SdpCodec> static_codec(std::uint8_t payload_type) {
    const auto known = std::find_if(kStaticCodecs.begin(), kStaticCodecs.end(), [payload_type](const StaticCodec& one) {
        return one.payload_type == payload_type;
    });
    if (known == kStaticCodecs.end()) return std::nullopt;
    return SdpCodec{.payload_type = payload_type,
                    .name = known->name,
                    .clock_rate = known->clock_rate,
                    .parameters = {},
                    .format_parameters = {}};
}

// "opus/48000/2" (RFC 8866 section 6.6).
SdpCodec mapped_codec(std::uint8_t payload_type, std::string_view mapping) {
    SdpCodec codec{
        .payload_type = payload_type, .name = {}, .clock_rate = 0, .parameters = {}, .format_parameters = {}};
    const auto slash = std::min(mapping.find('/'), mapping.size());
    codec.name = mapping.substr(0, slash);
    mapping.remove_prefix(std::min(slash + 1, mapping.size()));
    codec.clock_rate = sip::parse_number<std::uint32_t>(sip::take(mapping, sip::kDigit)).value_or(0);
    if (sip::take_char(mapping, '/')) codec.parameters = mapping;
    return codec;
}

void map_codecs(MediaSection& section) {
    if (section.protocol.find("RTP/") == std::string::npos) return;
    for (const auto& format : section.formats) {
        const auto payload_type = sip::parse_number<std::uint8_t>(format);
        if (!payload_type || *payload_type > 127) continue;
        const auto mapping = mapped(section.attributes, "rtpmap", format);
        auto codec = mapping.empty() ? static_codec(*payload_type) : mapped_codec(*payload_type, mapping);
        if (!codec) continue;
        codec->format_parameters = mapped(section.attributes, "fmtp", format);
        section.codecs.push_back(std::move(*codec));
    }
    std::erase_if(section.attributes,
                  [](const SdpAttribute& attribute) { return attribute.name == "rtpmap" || attribute.name == "fmtp"; });
}

class Reader {
public:
    bool read(std::string_view body);
    Sdp take() { return std::move(sdp_); }

private:
    bool line(char type, std::string_view value);
    bool origin(std::string_view value);
    bool connection(std::string_view value);
    bool media(std::string_view value);
    void attribute(std::string_view value);
    void finish();

    Sdp sdp_;
    MediaSection* section_ = nullptr;  // the one lines belong to; null at session level
    MediaDirection direction_ = MediaDirection::send_receive;
    bool has_origin_ = false, has_name_ = false;
};

bool Reader::read(std::string_view body) {
    if (take_line(body) != "v=0") return false;
    while (!body.empty()) {
        const auto text = take_line(body);
        if (text.empty()) continue;
        if (text.size() < 2 || text[1] != '=' || !line(text[0], text.substr(2))) return false;
    }
    finish();
    return has_origin_ && has_name_;
}

bool Reader::line(char type, std::string_view value) {
    switch (type) {
        case 'o': return origin(value);
        case 's':
            sdp_.session_name = value;
            has_name_ = true;
            return true;
        case 'c': return connection(value);
        case 'm': return media(value);
        case 'a': attribute(value); return true;
        default: return type >= 'a' && type <= 'z';
    }
}

// username sess-id sess-version nettype addrtype unicast-address
bool Reader::origin(std::string_view value) {
    sdp_.user_name = take_word(value);
    const auto id = take_word(value), version = take_word(value);
    has_origin_ =
        sip::parse_number<std::uint64_t>(id).has_value() && sip::parse_number<std::uint64_t>(version).has_value();
    sdp_.session_id = sip::parse_number<std::uint64_t>(id).value_or(0);
    sdp_.session_version = sip::parse_number<std::uint64_t>(version).value_or(0);
    take_word(value);
    take_word(value);
    return has_origin_ && !take_word(value).empty();
}

// nettype addrtype address; the scope of a multicast address ("/127") is left out.
bool Reader::connection(std::string_view value) {
    const auto net = take_word(value), type = take_word(value), address = take_word(value);
    if (!sip::equal_ignoring_case(net, "IN")) return false;
    const bool v6 = sip::equal_ignoring_case(type, "IP6");
    if (!v6 && !sip::equal_ignoring_case(type, "IP4")) return false;
    const SdpConnection connection{.address = std::string{address.substr(0, address.find('/'))}, .v6 = v6};
    if (connection.address.empty()) return false;
    auto& place = section_ == nullptr ? sdp_.connection : section_->connection;
    if (!place) place = connection;
    return true;
}

// media port ["/" count] proto 1*fmt
bool Reader::media(std::string_view value) {
    if (sdp_.media.size() == kMostSections) return false;
    section_ = &sdp_.media.emplace_back();
    section_->media = take_word(value);
    const auto ports = take_word(value);
    section_->protocol = take_word(value);
    const auto slash = std::min(ports.find('/'), ports.size());
    const auto port = sip::parse_number<std::uint16_t>(ports.substr(0, slash));
    const auto count =
        slash == ports.size() ? std::uint16_t{1} : sip::parse_number<std::uint16_t>(ports.substr(slash + 1));
    if (!port || !count || section_->protocol.empty()) return false;
    section_->port = *port;
    section_->port_count = *count;
    section_->direction = direction_;
    for (auto format = take_word(value); !format.empty(); format = take_word(value))
        section_->formats.emplace_back(format);
    return !section_->formats.empty();
}

void Reader::attribute(std::string_view value) {
    const auto colon = std::min(value.find(':'), value.size());
    const auto name = value.substr(0, colon);
    if (const auto named = direction(name)) {
        (section_ == nullptr ? direction_ : section_->direction) = *named;
        return;
    }
    auto& list = section_ == nullptr ? sdp_.attributes : section_->attributes;
    list.push_back({std::string{name}, std::string{value.substr(std::min(colon + 1, value.size()))}});
}

void Reader::finish() {
    for (auto& section : sdp_.media) {
        map_codecs(section);
        if (!section.connection) section.connection = sdp_.connection;
    }
}

const SdpAttribute* find(const std::vector<SdpAttribute>& list, std::string_view name) {
    const auto found = std::find_if(
        list.begin(), list.end(), [name](const SdpAttribute& one) { return sip::equal_ignoring_case(one.name, name); });
    return found == list.end() ? nullptr : &*found;
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
    if (body.size() > kLargest || body.find('\0') != std::string_view::npos) return SipErrc::bad_body;
    Reader reader;
    if (!reader.read(body)) return SipErrc::bad_body;
    return reader.take();
}

}  // namespace viaduct
