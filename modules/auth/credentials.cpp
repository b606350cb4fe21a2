// credentials: reading Digest credentials (RFC 3261 section 25.1, RFC 7616 section 3.4).
// SPDX-License-Identifier: Apache-2.0
#include "credentials.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace viaduct::auth {
namespace {

constexpr int kMostParameters = 24;  // eleven have a meaning; room for extensions, not for floods

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

// RFC 3261 section 25.1: token.
bool is_token_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view{"-.!%*_+`'~"}.find(c) != std::string_view::npos;
}

class Reader {
public:
    explicit Reader(std::string_view text) : rest_{text} {}

    bool at_end() const { return rest_.empty(); }
    // Linear white space; a folded line counts as such.
    void skip_space() {
        const auto end = rest_.find_first_not_of(" \t\r\n");
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
    }
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    std::string_view token() {
        std::size_t end = 0;
        while (end < rest_.size() && is_token_char(rest_[end])) ++end;
        return cut(end);
    }
    // After the opening quote; up to and over the closing one.
    std::optional<std::string_view> quoted() {
        for (std::size_t i = 0; i < rest_.size(); ++i) {
            if (rest_[i] == '\\') {
                ++i;
            } else if (rest_[i] == '"') {
                const auto text = cut(i);
                rest_.remove_prefix(1);
                return text;
            } else if (rest_[i] == '\r' || rest_[i] == '\n' || rest_[i] == '\0') {
                return std::nullopt;
            }
        }
        return std::nullopt;
    }

private:
    std::string_view cut(std::size_t count) {
        const auto text = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return text;
    }

    std::string_view rest_;
};

using Member = std::string_view Credentials::*;
constexpr std::array<std::pair<std::string_view, Member>, 10> kParameters{{
    {"username", &Credentials::username},
    {"realm", &Credentials::realm},
    {"nonce", &Credentials::nonce},
    {"uri", &Credentials::uri},
    {"response", &Credentials::response},
    {"algorithm", &Credentials::algorithm},
    {"cnonce", &Credentials::cnonce},
    {"opaque", &Credentials::opaque},
    {"qop", &Credentials::qop},
    {"nc", &Credentials::nc},
}};

// False when that parameter was there before. One of unknown name is passed over.
bool store(Credentials& credentials, unsigned& seen, std::string_view name, std::string_view value) {
    if (same_word(name, "userhash")) credentials.userhash = same_word(value, "true");
    for (std::size_t i = 0; i < kParameters.size(); ++i) {
        if (!same_word(name, kParameters[i].first)) continue;
        if ((seen & 1U << i) != 0) return false;
        seen |= 1U << i;
        credentials.*kParameters[i].second = value;
    }
    return true;
}

// name = value, with white space around the sign (RFC 3261 section 7.3.1).
std::optional<std::pair<std::string_view, std::string_view>> read_parameter(Reader& reader) {
    const auto name = reader.token();
    reader.skip_space();
    if (name.empty() || !reader.take('=')) return std::nullopt;
    reader.skip_space();
    if (reader.take('"')) {
        const auto value = reader.quoted();
        if (!value) return std::nullopt;
        return std::pair{name, *value};
    }
    const auto value = reader.token();
    if (value.empty()) return std::nullopt;
    return std::pair{name, value};
}

}  // namespace

std::optional<Credentials> parse_credentials(std::string_view value) {
    Reader reader{value};
    reader.skip_space();
    if (!same_word(reader.token(), "Digest")) return std::nullopt;
    Credentials credentials;
    unsigned seen = 0;
    for (int count = 0; count < kMostParameters; ++count) {
        reader.skip_space();
        const auto parameter = read_parameter(reader);
        if (!parameter || !store(credentials, seen, parameter->first, parameter->second)) return std::nullopt;
        reader.skip_space();
        if (reader.at_end()) return credentials;
        if (!reader.take(',')) return std::nullopt;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> parse_nonce_count(std::string_view nc) {
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(nc.data(), nc.data() + nc.size(), count, 16);
    if (nc.size() != 8 || error != std::errc{} || end != nc.data() + nc.size() || count == 0) return std::nullopt;
    return count;
}

std::string unescape(std::string_view quoted) {
    std::string text;
    text.reserve(quoted.size());
    for (std::size_t i = 0; i < quoted.size(); ++i) {
        if (quoted[i] == '\\' && i + 1 < quoted.size()) ++i;
        text += quoted[i];
    }
    return text;
}

}  // namespace viaduct::auth
