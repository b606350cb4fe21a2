// text: character classes and small scanners shared by the parsers of this folder (RFC 3261 section 25.1).
//
// White space always includes CR and LF: values keep their folding as received, and a folded line reads as a blank.
// Pure functions on views; nothing here allocates.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace viaduct::sip {

enum CharClass : std::uint8_t {
    kToken = 1,       // token
    kWhite = 2,       // SP, HTAB, CR, LF
    kDigit = 4,       //
    kHost = 8,        // hostname; '_' is tolerated
    kUser = 16,       // user: unreserved and user-unreserved; '#' and octets above 0x7f are tolerated
    kParameter = 32,  // name or value of a URI parameter, a URI header or a password
    kHex = 64,        //
    kAlpha = 128,
};

namespace detail {
consteval std::array<std::uint8_t, 256> make_char_classes() {
    std::array<std::uint8_t, 256> table{};
    const auto mark = [&table](std::string_view chars, unsigned classes) {
        for (const unsigned char c : chars) table[c] = static_cast<std::uint8_t>(table[c] | classes);
    };
    mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", kAlpha | kToken | kHost | kUser | kParameter);
    mark("0123456789", kDigit | kHex | kToken | kHost | kUser | kParameter);
    mark("abcdefABCDEF", kHex);
    mark("-.!%*_+`'~", kToken);
    mark(" \t\r\n", kWhite);
    mark("-._", kHost);
    mark("-_.!~*'()%", kUser | kParameter);  // unreserved, and escapes (checked apart)
    mark("&=+$,;?/#", kUser);
    mark("[]/:&+$=?,#", kParameter);
    for (unsigned c = 0x80; c < 0x100; ++c) table[c] = kUser | kParameter;
    return table;
}
inline constexpr auto kCharClasses = make_char_classes();
}  // namespace detail

constexpr bool is(unsigned char c, CharClass char_class) { return (detail::kCharClasses[c] & char_class) != 0; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

// Are all characters of that class? True for "".
constexpr bool all_of(std::string_view text, CharClass char_class) {
    for (const char c : text) {
        if (!is(static_cast<unsigned char>(c), char_class)) return false;
    }
    return true;
}
constexpr bool is_token(std::string_view text) { return !text.empty() && all_of(text, kToken); }

constexpr std::string_view trim_left(std::string_view text) {
    while (!text.empty() && is(static_cast<unsigned char>(text.front()), kWhite)) text.remove_prefix(1);
    return text;
}
constexpr std::string_view trim_right(std::string_view text) {
    while (!text.empty() && is(static_cast<unsigned char>(text.back()), kWhite)) text.remove_suffix(1);
    return text;
}
constexpr std::string_view trim(std::string_view text) { return trim_right(trim_left(text)); }

// The leading run of that class, taken off `rest`.
constexpr std::string_view take(std::string_view& rest, CharClass char_class) {
    std::size_t n = 0;
    while (n < rest.size() && is(static_cast<unsigned char>(rest[n]), char_class)) ++n;
    const auto run = rest.substr(0, n);
    rest.remove_prefix(n);
    return run;
}

constexpr bool take_char(std::string_view& rest, char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
}

// Digits only, all of them, within the type.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    if (text.empty() || !is(static_cast<unsigned char>(text.front()), kDigit)) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// Length of the quoted string (RFC 3261 section 25.1) `text` begins with, quotes included; 0 when it never ends.
constexpr std::size_t quoted_length(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i + 1;
        }
    }
    return 0;
}

// Every '%' is followed by two hexadecimal digits.
constexpr bool escapes_are_whole(std::string_view text) {
    for (std::size_t i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 3)) {
        if (i + 2 >= text.size()) return false;
        if (!is(static_cast<unsigned char>(text[i + 1]), kHex) || !is(static_cast<unsigned char>(text[i + 2]), kHex))
            return false;
    }
    return true;
}

constexpr unsigned hex_value(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    return static_cast<unsigned>(lower(c) - 'a') + 10;
}

}  // namespace viaduct::sip
