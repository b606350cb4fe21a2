// sdp_text: see sdp_text.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "sdp/sdp_text.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <viaduct/media_service.hpp>

namespace viaduct::media_relay {
namespace {

constexpr std::size_t kMostLines = 4000;

template <class Part>
auto first_line(Part& part, char type) -> decltype(part.lines.data()) {
    const auto found =
        std::find_if(part.lines.begin(), part.lines.end(), [type](const SdpLine& line) { return line.type == type; });
    return found == part.lines.end() ? nullptr : &*found;
}

void append(std::string& text, const SdpPart& part) {
    for (const SdpLine& line : part.lines) {
        text += line.type;
        text += '=';
        text += line.value;
        text += "\r\n";
    }
}

}  // namespace

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const auto begin = text.find_first_not_of(' ');
        if (begin == std::string_view::npos) break;
        text.remove_prefix(begin);
        const auto end = std::min(text.find(' '), text.size());
        words.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return words;
}

std::optional<std::uint32_t> number_of(std::string_view digits, std::uint32_t most) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size() || number > most) return std::nullopt;
    return number;
}

std::string_view SdpLine::attribute_name() const {
    return std::string_view{value}.substr(0, std::min(value.find(':'), value.size()));
}

std::string_view SdpLine::attribute_value() const {
    const auto colon = value.find(':');
    return colon == std::string::npos ? std::string_view{} : std::string_view{value}.substr(colon + 1);
}

std::optional<MediaLine> MediaLine::parse(std::string_view value) {
    const auto words = words_of(value);
    if (words.size() < 4) return std::nullopt;
    MediaLine line;
    line.media = words[0];
    const auto slash = std::min(words[1].find('/'), words[1].size());
    const auto port = number_of(words[1].substr(0, slash), 65535);
    if (!port) return std::nullopt;
    line.port = static_cast<std::uint16_t>(*port);
    if (slash != words[1].size()) {
        const auto count = number_of(words[1].substr(slash + 1), 65535);
        if (!count || *count == 0) return std::nullopt;
        line.port_count = static_cast<std::uint16_t>(*count);
    }
    line.protocol = words[2];
    line.formats.assign(words.begin() + 3, words.end());
    return line;
}

std::string MediaLine::text() const {
    const std::string ports = port_count == 1 ? fmt::format("{}", port) : fmt::format("{}/{}", port, port_count);
    return fmt::format("{} {} {} {}", media, ports, protocol, fmt::join(formats, " "));
}

const SdpLine* SdpPart::first(char type) const { return first_line(*this, type); }
SdpLine* SdpPart::first(char type) { return first_line(*this, type); }

std::optional<std::string_view> SdpPart::attribute(std::string_view name) const {
    for (const SdpLine& line : lines) {
        if (line.type == 'a' && line.attribute_name() == name) return line.attribute_value();
    }
    return std::nullopt;
}

std::vector<std::string_view> SdpPart::attributes(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const SdpLine& line : lines) {
        if (line.type == 'a' && line.attribute_name() == name) values.push_back(line.attribute_value());
    }
    return values;
}

void SdpPart::add_attribute(std::string_view name, std::string_view value) {
    lines.push_back({'a', value.empty() ? std::string{name} : fmt::format("{}:{}", name, value)});
}

Result<SdpText> SdpText::parse(std::string_view text) {
    if (text.size() > kLargestDescription) return MediaErrc::bad_description;
    SdpText sdp;
    std::size_t lines = 0;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        while (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (line.size() < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z') return MediaErrc::bad_description;
        if (line.find_first_of(std::string_view{"\0\r", 2}) != std::string_view::npos)
            return MediaErrc::bad_description;
        if (++lines > kMostLines) return MediaErrc::bad_description;
        if (lines == 1 && line != "v=0") return MediaErrc::bad_description;
        if (line[0] == 'm') {
            if (sdp.sections.size() == kMostSections || !MediaLine::parse(line.substr(2))) {
                return MediaErrc::bad_description;
            }
            sdp.sections.emplace_back();
        }
        SdpPart& part = sdp.sections.empty() ? sdp.session : sdp.sections.back();
        part.lines.push_back({line[0], std::string{line.substr(2)}});
    }
    if (sdp.session.first('o') == nullptr || sdp.sections.empty()) return MediaErrc::bad_description;
    return sdp;
}

Result<SdpText> SdpText::parse_fragment(std::string_view text) {
    if (text.starts_with("v=")) return parse(text);
    return parse("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\n" + std::string{text});
}

std::string SdpText::text() const {
    std::string text;
    append(text, session);
    for (const SdpPart& section : sections) append(text, section);
    return text;
}

}  // namespace viaduct::media_relay
