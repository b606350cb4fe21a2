// header_values: see viaduct/header_values.hpp. Credentials are in authorization.cpp.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/header_values.hpp>

#include <algorithm>

#include <viaduct/sip_error.hpp>

#include "sip/list_values.hpp"
#include "sip/parameters.hpp"
#include "sip/text.hpp"

namespace viaduct {

namespace {

// "value;parameters" in two, both trimmed. The parameters must be a parameter list.
struct Split {
    std::string_view value, parameters;
};
Result<Split> split(std::string_view text) {
    const auto semicolon = text.find(';');
    Split parts{.value = sip::trim(text.substr(0, semicolon)), .parameters = {}};
    if (semicolon == std::string_view::npos) return parts;
    parts.parameters = text.substr(semicolon + 1);
    if (sip::trim(parts.parameters).empty() || !sip::are_parameters(parts.parameters)) return SipErrc::bad_value;
    return parts;
}

std::optional<std::uint32_t> number(std::optional<std::string_view> text) {
    return text ? sip::parse_number<std::uint32_t>(*text) : std::nullopt;
}

}  // namespace

std::string unquote(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string{text};
    text = text.substr(1, text.size() - 2);
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        plain.push_back(text[i]);
    }
    return plain;
}

// ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
std::optional<std::uint16_t> parse_qvalue(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    if (text.size() > 1 && text[1] != '.') return std::nullopt;
    std::uint16_t thousandths = text[0] == '1' ? 1000 : 0, place = 100;
    for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (!sip::is(static_cast<unsigned char>(c), sip::kDigit)) return std::nullopt;
        thousandths = static_cast<std::uint16_t>(thousandths + place * (c - '0'));
        place /= 10;
    }
    return thousandths <= 1000 ? std::optional{thousandths} : std::nullopt;
}

Result<ContactValue> ContactValue::parse(std::string_view value) {
    const auto address = NameAddress::parse(value);
    if (!address) return address.error();
    ContactValue contact{.address = *address, .expires = {}, .q = {}};
    sip::ParameterCursor cursor{contact.address.parameters};
    for (sip::Parameter parameter; cursor.next(parameter);) {
        if (sip::equal_ignoring_case(parameter.name, "expires")) {
            contact.expires = sip::parse_number<std::uint32_t>(parameter.value);
        } else if (sip::equal_ignoring_case(parameter.name, "q")) {
            contact.q = parse_qvalue(parameter.value);
            if (!contact.q) return SipErrc::bad_value;
        }
    }
    return contact;
}

Result<std::vector<ContactValue>> contacts(const Message& message) {
    std::vector<ContactValue> found;
    bool star = false;
    for (const auto& field : message.header_fields()) {
        if (field.id != HeaderId::contact) continue;
        sip::ListCursor cursor{field.value};
        for (std::string_view value; cursor.next(value);) {
            const auto contact = ContactValue::parse(value);
            if (!contact) return contact.error();
            star = star || contact->is_star();
            found.push_back(*contact);
        }
    }
    if (star && found.size() > 1) return SipErrc::bad_address;
    return found;
}

Result<MediaType> MediaType::parse(std::string_view text) {
    const auto parts = split(text);
    if (!parts) return parts.error();
    auto rest = parts->value;
    MediaType media;
    media.type = sip::take(rest, sip::kToken);
    rest = sip::trim_left(rest);
    if (media.type.empty() || !sip::take_char(rest, '/')) return SipErrc::bad_value;
    media.subtype = sip::trim_left(rest);
    if (!sip::is_token(media.subtype)) return SipErrc::bad_value;
    media.parameters = parts->parameters;
    if (const auto q = media.parameter("q")) {
        const auto value = parse_qvalue(*q);
        if (!value) return SipErrc::bad_value;
        media.q = *value;
    }
    return media;
}

std::optional<std::string_view> MediaType::parameter(std::string_view name) const {
    return sip::find_parameter(parameters, name);
}

bool MediaType::covers(const MediaType& other) const {
    return (type == "*" || sip::equal_ignoring_case(type, other.type)) &&
           (subtype == "*" || sip::equal_ignoring_case(subtype, other.subtype));
}

Result<EventValue> EventValue::parse(std::string_view text) {
    const auto parts = split(text);
    if (!parts) return parts.error();
    if (!sip::is_token(parts->value)) return SipErrc::bad_value;
    return EventValue{.package = parts->value,
                      .parameters = parts->parameters,
                      .id = sip::find_parameter(parts->parameters, "id").value_or(std::string_view{})};
}

// delta-seconds [ comment ] *( SEMI retry-param )
Result<RetryAfter> RetryAfter::parse(std::string_view text) {
    auto rest = sip::trim(text);
    const auto seconds = sip::parse_number<std::uint32_t>(sip::take(rest, sip::kDigit));
    if (!seconds) return SipErrc::bad_value;
    RetryAfter value{.seconds = *seconds, .comment = {}, .duration = {}};
    rest = sip::trim_left(rest);
    if (sip::take_char(rest, '(')) {
        const auto close = rest.rfind(')');
        if (close == std::string_view::npos) return SipErrc::bad_value;
        value.comment = rest.substr(0, close);
        rest = sip::trim_left(rest.substr(close + 1));
    }
    if (rest.empty()) return value;
    if (!sip::take_char(rest, ';') || !sip::are_parameters(rest)) return SipErrc::bad_value;
    value.duration = number(sip::find_parameter(rest, "duration"));
    return value;
}

Result<SessionExpires> SessionExpires::parse(std::string_view text) {
    const auto parts = split(text);
    if (!parts) return parts.error();
    const auto seconds = sip::parse_number<std::uint32_t>(parts->value);
    if (!seconds) return SipErrc::bad_value;
    SessionExpires value{.seconds = *seconds, .refresher = Refresher::absent};
    if (const auto refresher = sip::find_parameter(parts->parameters, "refresher")) {
        if (sip::equal_ignoring_case(*refresher, "uac")) {
            value.refresher = Refresher::uac;
        } else if (sip::equal_ignoring_case(*refresher, "uas")) {
            value.refresher = Refresher::uas;
        } else {
            return SipErrc::bad_value;
        }
    }
    return value;
}

}  // namespace viaduct
