// description_body: see description_body.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "description_body.hpp"

#include <algorithm>
#include <string>

namespace viaduct::media {
namespace {

constexpr std::string_view kSdp = "application/sdp", kMultipart = "multipart/", kLineEnd = "\r\n";
constexpr std::size_t kLongestBoundary = 70;  // RFC 2046 section 5.1.1

char lower(char one) { return one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one; }

bool begins_with(std::string_view text, std::string_view word) {
    return text.size() >= word.size() &&
           std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

bool is_word(std::string_view text, std::string_view word) {
    return begins_with(text, word) && (text.size() == word.size() || text.find_first_of("; \t") == word.size());
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The boundary parameter of multipart/mixed; boundary="=_x".
std::string_view boundary_of(std::string_view type) {
    constexpr std::string_view kName = "boundary=";
    for (auto at = type.find(';'); at != std::string_view::npos; at = type.find(';')) {
        type = trimmed(type.substr(at + 1));
        if (!begins_with(type, kName)) continue;
        std::string_view value = type.substr(kName.size());
        const bool quoted = value.starts_with('"');
        if (quoted) value.remove_prefix(1);
        value = value.substr(0, quoted ? value.find('"') : value.find_first_of("; \t"));
        return value.size() <= kLongestBoundary ? value : std::string_view{};
    }
    return {};
}

// The value of a part's header field, "" when it has none.
std::string_view field_of(std::string_view head, std::string_view name) {
    while (!head.empty()) {
        const auto end = head.find(kLineEnd);
        const std::string_view line = head.substr(0, end);
        if (begins_with(line, name) && line.substr(name.size()).starts_with(':')) {
            return trimmed(line.substr(name.size() + 1));
        }
        head.remove_prefix(end == std::string_view::npos ? head.size() : end + kLineEnd.size());
    }
    return {};
}

bool is_session_description(std::string_view head) {
    const std::string_view disposition = field_of(head, "Content-Disposition");
    const std::string_view encoding = field_of(head, "Content-Transfer-Encoding");
    return is_word(field_of(head, "Content-Type"), kSdp) && (disposition.empty() || is_word(disposition, "session")) &&
           (encoding.empty() || is_word(encoding, "binary") || is_word(encoding, "8bit") || is_word(encoding, "7bit"));
}

struct Part {
    std::string_view head, body;
};

// The first part that is the session's description, in a body whose parts lie between lines "--boundary".
std::optional<Part> description_part(std::string_view body, std::string_view boundary) {
    const std::string delimiter = "\r\n--" + std::string{boundary};
    // The first delimiter may be the first line, without a line end before it.
    auto at = body.starts_with(std::string_view{delimiter}.substr(2)) ? 0 : body.find(delimiter);
    if (at != 0 && at != std::string_view::npos) at += kLineEnd.size();
    while (at != std::string_view::npos) {
        const auto line_end = body.find(kLineEnd, at);
        if (line_end == std::string_view::npos) return std::nullopt;
        const auto start = line_end + kLineEnd.size();
        const auto end = body.find(delimiter, line_end);  // of an empty part the same line end
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view part = end > start ? body.substr(start, end - start) : std::string_view{};
        const auto blank = part.find("\r\n\r\n");
        if (blank != std::string_view::npos && is_session_description(part.substr(0, blank))) {
            return Part{part.substr(0, blank), part.substr(blank + 4)};
        }
        at = end + kLineEnd.size();
    }
    return std::nullopt;
}

std::optional<Part> part_of(const Message& message) {
    const std::string_view type = message.content_type();
    if (!begins_with(type, kMultipart)) return std::nullopt;
    const std::string_view boundary = boundary_of(type);
    if (boundary.empty()) return std::nullopt;
    const auto part = description_part(message.body(), boundary);
    return part && !part->body.empty() ? part : std::nullopt;
}

}  // namespace

std::optional<std::string_view> description_of(const Message& message) {
    if (message.body().empty()) return std::nullopt;
    if (is_word(message.content_type(), kSdp)) return message.body();
    const auto part = part_of(message);
    return part ? std::optional{part->body} : std::nullopt;
}

void set_description(Message& message, std::string_view sdp) {
    const auto part = part_of(message);
    if (!part) return message.set_body(kSdp, sdp);
    const std::string_view body = message.body();
    std::string edited{body.substr(0, static_cast<std::size_t>(part->body.data() - body.data()))};
    // MIME parts need no length of their own, but who writes one may believe it.
    if (const std::string_view length = field_of(part->head, "Content-Length"); !length.empty()) {
        edited.replace(static_cast<std::size_t>(length.data() - body.data()), length.size(),
                       std::to_string(sdp.size()));
    }
    edited.append(sdp).append(
        body.substr(static_cast<std::size_t>(part->body.data() - body.data()) + part->body.size()));
    message.set_body(std::string{message.content_type()}, edited);
}

}  // namespace viaduct::media
