// parameters: see parameters.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "sip/parameters.hpp"

namespace viaduct::sip {

namespace {

// gen-value is a token, a host or a quoted string. Phones also send base64 in tags, so whatever cannot end or confuse
// the value is taken.
constexpr bool ends_value(char c) {
    return c == ';' || c == ',' || c == '"' || c == '<' || c == '>' || static_cast<unsigned char>(c) <= ' ';
}

}  // namespace

bool ParameterCursor::next(Parameter& parameter) {
    rest_ = trim_left(rest_);
    if (rest_.empty()) return false;
    if (started_ && !take_char(rest_, ';')) return fail();
    started_ = true;
    rest_ = trim_left(rest_);
    parameter.name = take(rest_, kToken);
    if (parameter.name.empty()) return fail();
    rest_ = trim_left(rest_);
    parameter.has_value = take_char(rest_, '=');
    parameter.value = {};
    return !parameter.has_value || take_value(parameter);
}

bool ParameterCursor::take_value(Parameter& parameter) {
    rest_ = trim_left(rest_);
    std::size_t length = 0;
    if (!rest_.empty() && rest_.front() == '"') {
        length = quoted_length(rest_);
    } else {
        while (length < rest_.size() && !ends_value(rest_[length])) ++length;
    }
    if (length == 0) return fail();
    parameter.value = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return true;
}

std::optional<std::string_view> find_parameter(std::string_view parameters, std::string_view name) {
    ParameterCursor cursor{parameters};
    for (Parameter parameter; cursor.next(parameter);) {
        if (equal_ignoring_case(parameter.name, name)) return parameter.value;
    }
    return std::nullopt;
}

bool are_parameters(std::string_view parameters) {
    ParameterCursor cursor{parameters};
    for (Parameter parameter; cursor.next(parameter);) {
    }
    return !cursor.bad();
}

}  // namespace viaduct::sip
