// authorization: credentials and challenges (RFC 3261 section 25.1, RFC 7616). Read for every authenticated request.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/header_values.hpp>
#include <viaduct/sip_error.hpp>

#include "sip/text.hpp"

namespace viaduct {

namespace {

// auth-param = token EQUAL ( token / quoted-string ); some send URIs and base64 unquoted, so only a comma or blank ends
// it.
bool take_parameter(std::string_view& rest, AuthorizationValue::Parameter& parameter) {
    parameter.name = sip::take(rest, sip::kToken);
    rest = sip::trim_left(rest);
    if (parameter.name.empty() || !sip::take_char(rest, '=')) return false;
    rest = sip::trim_left(rest);
    parameter.quoted = !rest.empty() && rest.front() == '"';
    if (parameter.quoted) {
        const auto length = sip::quoted_length(rest);
        if (length == 0) return false;
        parameter.value = rest.substr(1, length - 2);
        rest.remove_prefix(length);
    } else {
        parameter.value = rest.substr(0, rest.find_first_of(", \t\r\n\""));
        if (parameter.value.empty() || parameter.value.front() == '=') return false;  // base64 padding
        rest.remove_prefix(parameter.value.size());
    }
    rest = sip::trim_left(rest);
    return true;
}

bool is_single_token(std::string_view credentials) {
    return !credentials.empty() && credentials.find_first_of(" \t\r\n,\"") == std::string_view::npos;
}

}  // namespace

Result<AuthorizationValue> AuthorizationValue::parse(std::string_view text) {
    AuthorizationValue value;
    auto rest = sip::trim(text);
    value.scheme = sip::take(rest, sip::kToken);
    value.credentials = sip::trim_left(rest);
    if (value.scheme.empty() || value.credentials.size() == rest.size()) return SipErrc::bad_value;
    rest = value.credentials;
    while (true) {
        Parameter parameter;
        if (!take_parameter(rest, parameter)) {
            if (!value.parameters.empty() || !is_single_token(value.credentials)) return SipErrc::bad_value;
            return value;
        }
        if (value.parameter(parameter.name)) return SipErrc::bad_value;
        value.parameters.push_back(parameter);
        if (rest.empty()) return value;
        if (!sip::take_char(rest, ',')) return SipErrc::bad_value;
        rest = sip::trim_left(rest);
    }
}

bool AuthorizationValue::has_scheme(std::string_view name) const { return sip::equal_ignoring_case(scheme, name); }

std::optional<std::string_view> AuthorizationValue::parameter(std::string_view name) const {
    for (const auto& parameter : parameters) {
        if (sip::equal_ignoring_case(parameter.name, name)) return parameter.value;
    }
    return std::nullopt;
}

std::vector<AuthorizationValue> authorizations(const Message& message, HeaderId id, std::string_view scheme) {
    std::vector<AuthorizationValue> found;
    for (const auto& field : message.header_fields()) {
        if (field.id != id) continue;
        auto value = AuthorizationValue::parse(field.value);
        if (value && value->has_scheme(scheme)) found.push_back(std::move(*value));
    }
    return found;
}

}  // namespace viaduct
