// sdp_text: a session description as lines that can be edited, so that what nobody understands survives (RFC 8866).
//
// Line ends are CRLF in text(), whatever they were. Bounded: more lines or sections than below is no description.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/result.hpp>

namespace viaduct::media_relay {

inline constexpr std::size_t kLargestDescription = 64 * 1024;
inline constexpr std::size_t kMostSections = 32;

struct SdpLine {
    char type = 'a';
    std::string value;

    // Of an a= line: "rtpmap" in "a=rtpmap:0 PCMU/8000".
    std::string_view attribute_name() const;
    std::string_view attribute_value() const;  // "" for a flag
};

// m=: "audio 49170/2 RTP/AVP 0 8" (RFC 8866 section 5.14).
struct MediaLine {
    std::string media;
    std::uint16_t port = 0, port_count = 1;
    std::string protocol;
    std::vector<std::string> formats;

    static std::optional<MediaLine> parse(std::string_view value);
    std::string text() const;
};

// The session's part of a description, or one media section with its m= line first.
class SdpPart {
public:
    std::vector<SdpLine> lines;

    const SdpLine* first(char type) const;
    SdpLine* first(char type);
    // The value of the first attribute of that name; "" for a flag.
    std::optional<std::string_view> attribute(std::string_view name) const;
    bool has(std::string_view name) const { return attribute(name).has_value(); }
    std::vector<std::string_view> attributes(std::string_view name) const;
    void add_attribute(std::string_view name, std::string_view value = {});
    template <class Predicate>
    void remove_attributes_if(Predicate&& unwanted) {
        std::erase_if(lines, [&](const SdpLine& line) { return line.type == 'a' && unwanted(line); });
    }
};

class SdpText {
public:
    SdpPart session;
    std::vector<SdpPart> sections;

    // Errors: MediaErrc::bad_description.
    static Result<SdpText> parse(std::string_view text);
    // RFC 8840 section 4: attributes and media sections without v= and o=.
    static Result<SdpText> parse_fragment(std::string_view text);
    std::string text() const;
};

// The words between spaces.
std::vector<std::string_view> words_of(std::string_view text);
std::optional<std::uint32_t> number_of(std::string_view digits, std::uint32_t most = 0xffffffff);

}  // namespace viaduct::media_relay
