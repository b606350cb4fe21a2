// via: the Via value (RFC 3261 section 20.42, RFC 3581, RFC 5118 section 4.5).
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/sip_error.hpp>

#include "sip/parameters.hpp"
#include "sip/text.hpp"
#include "sip/uri_parts.hpp"
#include "sip/value_parsers.hpp"

namespace viaduct::sip {

namespace {

// protocol-name SLASH protocol-version SLASH transport
bool take_protocol(std::string_view& rest, Via& via) {
    const auto name = take(rest, kToken);
    rest = trim_left(rest);
    if (!equal_ignoring_case(name, "SIP") || !take_char(rest, '/')) return false;
    rest = trim_left(rest);
    const auto version = take(rest, kToken);
    rest = trim_left(rest);
    if (version != "2.0" || !take_char(rest, '/')) return false;
    rest = trim_left(rest);
    via.transport = take(rest, kToken);
    return !via.transport.empty() && !rest.empty() && is(static_cast<unsigned char>(rest.front()), kWhite);
}

// host [ COLON port ]
bool take_sent_by(std::string_view& rest, Via& via) {
    via.host = take_host(rest);
    if (!is_host(via.host)) return false;
    rest = trim_left(rest);
    if (!take_char(rest, ':')) return true;
    rest = trim_left(rest);
    const auto port = parse_number<std::uint16_t>(take(rest, kDigit));
    via.port = port.value_or(0);
    rest = trim_left(rest);
    return via.port != 0;
}

bool read(const Parameter& parameter, Via& via) {
    if (equal_ignoring_case(parameter.name, "branch")) {
        via.branch = parameter.value;
        return !via.branch.empty();
    }
    if (equal_ignoring_case(parameter.name, "received")) {
        via.received = parameter.value;
    } else if (equal_ignoring_case(parameter.name, "maddr")) {
        via.maddr = parameter.value;
    } else if (equal_ignoring_case(parameter.name, "rport")) {
        via.has_rport = true;
        if (!parameter.has_value) return true;
        const auto port = parse_number<std::uint16_t>(parameter.value);
        via.rport_value = port.value_or(0);
        return port.has_value();
    }
    return true;
}

}  // namespace

Result<Via> parse_via(std::string_view value) {
    Via via;
    via.text = value;
    auto rest = value;
    if (!take_protocol(rest, via)) return SipErrc::bad_via;
    rest = trim_left(rest);
    if (!take_sent_by(rest, via)) return SipErrc::bad_via;
    if (rest.empty()) return via;
    if (!take_char(rest, ';')) return SipErrc::bad_via;
    via.parameters = rest;
    if (trim_left(rest).empty()) return SipErrc::bad_via;
    ParameterCursor cursor{rest};
    for (Parameter parameter; cursor.next(parameter);) {
        if (!read(parameter, via)) return SipErrc::bad_via;
    }
    if (cursor.bad()) return SipErrc::bad_via;
    return via;
}

}  // namespace viaduct::sip
