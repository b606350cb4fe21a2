// codecs: see codecs.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "sdp/codecs.hpp"

#include <algorithm>
#include <array>

#include "sdp/described_media.hpp"

namespace viaduct::media_relay {
namespace {

struct StaticType {
    std::string_view payload_type, name;
};
// RFC 3551 section 6, those in use.
constexpr std::array<StaticType, 14> kStaticTypes{{{"0", "PCMU/8000"},
                                                   {"3", "GSM/8000"},
                                                   {"4", "G723/8000"},
                                                   {"5", "DVI4/8000"},
                                                   {"7", "LPC/8000"},
                                                   {"8", "PCMA/8000"},
                                                   {"9", "G722/8000"},
                                                   {"13", "CN/8000"},
                                                   {"15", "G728/8000"},
                                                   {"18", "G729/8000"},
                                                   {"26", "JPEG/90000"},
                                                   {"31", "H261/90000"},
                                                   {"34", "H263/90000"},
                                                   {"19", "CN/8000"}}};

std::string upper(std::string_view text) {
    std::string result{text};
    for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    // The number of channels is 1 unless said (RFC 8866 section 6.6).
    if (result.ends_with("/1") && std::count(result.begin(), result.end(), '/') == 2) result.resize(result.size() - 2);
    return result;
}

// "96 VP8/90000" -> the part behind the number, when that is the one asked for.
std::string name_of(const SdpPart& section, std::string_view payload_type) {
    for (const auto value : section.attributes("rtpmap")) {
        const auto words = words_of(value);
        if (words.size() >= 2 && words[0] == payload_type) return upper(words[1]);
    }
    for (const StaticType& one : kStaticTypes) {
        if (one.payload_type == payload_type) return std::string{one.name};
    }
    return {};
}

std::string_view first_word(std::string_view text) { return text.substr(0, std::min(text.find(' '), text.size())); }

}  // namespace

std::vector<Codec> codecs_of(const SdpPart& section) {
    std::vector<Codec> codecs;
    const auto line = MediaLine::parse(section.lines.front().value);
    if (!line || !profile_of(line->protocol).rtp) return codecs;
    for (const std::string& format : line->formats) codecs.push_back({format, name_of(section, format)});
    return codecs;
}

bool carries_media(const Codec& codec) {
    const std::string_view name = std::string_view{codec.name}.substr(0, codec.name.find('/'));
    return name != "TELEPHONE-EVENT" && name != "CN" && name != "RTX" && name != "RED" && name != "ULPFEC" &&
           name != "FLEXFEC-03" && name != "FLEXFEC";
}

bool have_common_codec(const SdpPart& offer, const SdpPart& answer) {
    const auto offered = codecs_of(offer);
    for (const Codec& one : codecs_of(answer)) {
        if (!carries_media(one)) continue;
        const bool shared = std::any_of(offered.begin(), offered.end(), [&](const Codec& other) {
            if (one.name.empty() || other.name.empty()) return one.payload_type == other.payload_type;
            return one.name == other.name;
        });
        if (shared) return true;
    }
    return false;
}

std::vector<std::string> repair_payload_types(const SdpPart& section) {
    std::vector<std::string> types;
    for (const Codec& codec : codecs_of(section)) {
        const std::string_view name = std::string_view{codec.name}.substr(0, codec.name.find('/'));
        if (name == "RTX" || name == "RED" || name == "ULPFEC" || name == "FLEXFEC-03" || name == "FLEXFEC") {
            types.push_back(codec.payload_type);
        }
    }
    return types;
}

void remove_payload_types(SdpPart& section, const std::vector<std::string>& unwanted) {
    if (unwanted.empty()) return;
    const auto is_unwanted = [&](std::string_view type) {
        return std::find(unwanted.begin(), unwanted.end(), type) != unwanted.end();
    };
    auto line = MediaLine::parse(section.lines.front().value);
    if (!line) return;
    std::erase_if(line->formats, is_unwanted);
    if (line->formats.empty()) return;  // an m= line has one at least: the section stays as it is
    section.lines.front().value = line->text();
    section.remove_attributes_if([&](const SdpLine& attribute) {
        const auto name = attribute.attribute_name();
        return (name == "rtpmap" || name == "fmtp" || name == "rtcp-fb") &&
               is_unwanted(first_word(attribute.attribute_value()));
    });
}

}  // namespace viaduct::media_relay
