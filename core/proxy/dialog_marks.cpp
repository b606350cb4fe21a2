// dialog_marks: see dialog_marks.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/dialog_marks.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace viaduct::proxy {

namespace {

constexpr std::string_view kName = "call";
constexpr int kHexadecimal = 16;

}  // namespace

std::uint64_t DialogMarks::hash(const Message& request, std::string_view tag) const {
    // Neither holds a line feed, so no two pairs make the same text.
    thread_local std::string text;
    text.assign(request.call_id()).append(1, '\n').append(tag);
    return hash_(text);
}

DialogMarks::Text DialogMarks::make(const Message& request) const {
    Text mark;
    char* out = mark.characters_.data();
    *out++ = ';';
    out = std::copy(kName.begin(), kName.end(), out);
    *out++ = '=';
    char* const end = mark.characters_.data() + mark.characters_.size();
    out = std::to_chars(out, end, hash(request, request.from_tag()), kHexadecimal).ptr;
    mark.size_ = static_cast<std::size_t>(out - mark.characters_.data());
    return mark;
}

bool DialogMarks::fits(const Uri& route, const Message& request) const {
    const auto text = request.to_tag().empty() ? std::nullopt : route.parameter(kName);
    if (!text) return false;
    std::uint64_t mark = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), mark, kHexadecimal);
    if (error != std::errc{} || end != text->data() + text->size()) return false;
    return mark == hash(request, request.from_tag()) || mark == hash(request, request.to_tag());
}

}  // namespace viaduct::proxy
