// request_target: see request_target.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "request_target.hpp"

#include <algorithm>

#include "http_text.hpp"

namespace viaduct::http {
namespace {

bool is_visible(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// RFC 3986 section 2.1. What is left after it may not be encoded again, and stands for one thing only.
std::optional<std::string> decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) return std::nullopt;
        const int byte = high * 16 + low;
        if (byte < 0x20 || byte == 0x7f || byte == '/') return std::nullopt;
        decoded += static_cast<char>(byte);
        i += 2;
    }
    return decoded;
}

bool has_dot_segment(std::string_view path) {  // REQUIRES: begins with a slash
    while (!path.empty()) {
        path.remove_prefix(1);  // '/'
        const auto end = std::min(path.find('/'), path.size());
        const auto segment = path.substr(0, end);
        if (segment == "." || segment == "..") return true;
        path.remove_prefix(end);
    }
    return false;
}

// absolute-form, as proxies send it (section 3.2.2): only the part behind the authority counts.
std::optional<std::string_view> without_authority(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!equal_in_any_case(target.substr(0, scheme.size()), scheme)) continue;
        target.remove_prefix(scheme.size());
        const auto end = std::min(target.find_first_of("/?"), target.size());
        if (end == 0) return std::nullopt;
        return target.substr(end);
    }
    return std::nullopt;
}

}  // namespace

std::optional<RequestTarget> parse_target(std::string_view method, std::string_view target) {
    if (target.empty() || !is_visible(target)) return std::nullopt;
    if (target == "*") return method == "OPTIONS" ? std::optional{RequestTarget{"*", {}}} : std::nullopt;
    if (target.front() != '/') {
        const auto rest = without_authority(target);
        if (!rest) return std::nullopt;
        target = *rest;
    }
    const auto question = std::min(target.find('?'), target.size());
    const auto raw = question == 0 ? std::string_view{"/"} : target.substr(0, question);
    if (target.find('#') != std::string_view::npos) return std::nullopt;
    auto path = decode(raw);
    if (!path || path->find('\\') != std::string::npos || has_dot_segment(*path)) return std::nullopt;
    return RequestTarget{*std::move(path), std::string{target.substr(std::min(question + 1, target.size()))}};
}

std::string encode_path(std::string_view path) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string text;
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view{"/-._~"}.find(c) != std::string_view::npos;
        if (plain) {
            text += c;
        } else {
            text += {'%', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
    return text;
}

}  // namespace viaduct::http
