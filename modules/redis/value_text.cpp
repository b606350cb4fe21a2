// value_text: see value_text.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "value_text.hpp"

#include <array>
#include <charconv>

#include <fmt/format.h>

namespace viaduct::redis {

namespace {

constexpr std::string_view kBoolean = "b:", kFloat = "f:", kText = "s:";
constexpr std::string_view kTrue = "b:true", kFalse = "b:false";

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// The shortest text that is this number again; "inf" and "nan" among them.
std::string float_text(double number) {
    std::array<char, 32> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    return std::string{kFloat} + std::string{digits.data(), end};
}

bool has_mark(std::string_view text) {
    return text.starts_with(kBoolean) || text.starts_with(kFloat) || text.starts_with(kText);
}

}  // namespace

std::optional<std::int64_t> integer_of(std::string_view text) {
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    const bool odd = digits.starts_with('0') && text != "0";  // "007", "-0"
    return odd ? std::nullopt : whole_number<std::int64_t>(text);
}

std::string text_of(const SharedValue& value) {
    if (const auto* boolean = std::get_if<bool>(&value)) return std::string{*boolean ? kTrue : kFalse};
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *integer);
    if (const auto* number = std::get_if<double>(&value)) return float_text(*number);
    const auto& text = std::get<std::string>(value);
    return has_mark(text) || integer_of(text) ? std::string{kText} + text : text;
}

SharedValue value_of(std::string_view text) {
    if (const auto integer = integer_of(text)) return *integer;
    if (text == kTrue || text == kFalse) return text == kTrue;
    if (text.starts_with(kText)) return std::string{text.substr(kText.size())};
    if (text.starts_with(kFloat)) {
        if (const auto number = whole_number<double>(text.substr(kFloat.size()))) return *number;
    }
    return std::string{text};
}

}  // namespace viaduct::redis
