// message_check: may a proxy act on this message? (RFC 3261 sections 8.1.1 and 16.3 step 1, RFC 4475)
//
// Looks at what a proxy reads and at what would be read differently by the next hop; a fault in any other header field
// is left to the endpoints, as section 16.3 wants.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/message.hpp>

#include <bitset>

#include "sip/list_values.hpp"
#include "sip/text.hpp"
#include "sip/uri_parts.hpp"
#include "sip/value_parsers.hpp"

namespace viaduct {

namespace {

using HeaderIds = std::bitset<static_cast<std::size_t>(HeaderId::www_authenticate) + 1>;

constexpr std::string_view kMagicCookie = "z9hG4bK";  // section 8.1.1.7

// Standing twice, these say two things; the others that may stand once are no concern of a proxy.
bool may_stand_once(HeaderId id) {
    switch (id) {
        case HeaderId::call_id:
        case HeaderId::content_length:
        case HeaderId::content_type:
        case HeaderId::cseq:
        case HeaderId::event:
        case HeaderId::expires:
        case HeaderId::from:
        case HeaderId::max_forwards:
        case HeaderId::rack:
        case HeaderId::refer_to:
        case HeaderId::replaces:
        case HeaderId::rseq:
        case HeaderId::session_expires:
        case HeaderId::subscription_state:
        case HeaderId::to: return true;
        default: return false;
    }
}

error_code check_address(std::string_view value) {
    const auto address = NameAddress::parse(value);
    if (!address) return address.error();
    return address->uri == "*" ? make_error_code(SipErrc::bad_address) : error_code{};
}

// Each value of Contact, Route: "*" stands for all bindings and alone (section 10.2.2).
error_code check_addresses(std::string_view list, HeaderId id, std::uint32_t limit) {
    sip::ListCursor cursor{list};
    std::uint32_t count = 0;
    for (std::string_view value; cursor.next(value);) {
        if (++count > limit) return SipErrc::too_many_values;
        if (value == "*" && id == HeaderId::contact) continue;
        if (const auto fault = check_address(value)) return fault;
    }
    return count == 0 ? make_error_code(SipErrc::bad_address) : error_code{};
}

// Only the top Via is ours to read; the others are counted.
error_code check_count(std::string_view list, std::uint32_t limit) {
    if (list.find(',') == std::string_view::npos) return {};
    sip::ListCursor cursor{list};
    std::uint32_t count = 0;
    for (std::string_view value; cursor.next(value);) {
        if (++count > limit) return SipErrc::too_many_values;
    }
    return {};
}

error_code check_number(std::string_view value, std::uint32_t most, SipErrc fault) {
    const auto number = sip::parse_number<std::uint32_t>(value);
    return number && *number <= most ? error_code{} : make_error_code(fault);
}

error_code check_call_id(std::string_view value) {
    for (const unsigned char c : value) {
        if (c <= ' ' || c == 0x7f) return SipErrc::bad_value;
    }
    return value.empty() ? make_error_code(SipErrc::bad_value) : error_code{};
}

error_code check_field(const HeaderField& field, std::uint32_t limit) {
    switch (field.id) {
        case HeaderId::contact:
        case HeaderId::route: return check_addresses(field.value, field.id, limit);
        case HeaderId::via:
        case HeaderId::path:
        case HeaderId::record_route: return check_count(field.value, limit);
        case HeaderId::call_id: return check_call_id(field.value);
        case HeaderId::max_forwards: return check_number(field.value, 255, SipErrc::bad_max_forwards);
        case HeaderId::expires: return check_number(field.value, UINT32_MAX, SipErrc::bad_value);
        default: return {};
    }
}

}  // namespace

error_code Message::check_start_line() const {
    if (kind_ == Kind::none) return SipErrc::not_sip;
    if (is_response()) return status_ == 0 ? make_error_code(SipErrc::bad_status) : error_code{};
    const auto uri = sip::parse_uri(request_uri_);
    if (!uri) return uri.error();
    // Section 19.1.1: no header component in a Request-URI.
    return uri->headers.data() == nullptr ? error_code{} : make_error_code(SipErrc::bad_uri);
}

error_code Message::check_fields() const {
    HeaderIds seen;
    // A response is passed on for its Via, CSeq and tags; what else is wrong with it is between the endpoints.
    const auto passed_over = [this](HeaderId id) {
        return id == HeaderId::other ||
               (is_response() && (id == HeaderId::contact || id == HeaderId::route || id == HeaderId::expires));
    };
    for (const auto& field : fields_) {
        if (passed_over(field.id)) continue;
        const auto id = static_cast<std::size_t>(field.id);
        if (seen[id] && may_stand_once(field.id)) return SipErrc::duplicate_header;
        seen.set(id);
        if (field.id == HeaderId::from || field.id == HeaderId::to) {
            const auto address = NameAddress::parse(field.value);
            if (!address) return address.error();
            if (address->uri == "*") return SipErrc::bad_address;
            (field.id == HeaderId::from ? from_tag_ : to_tag_) = address->tag();  // the proxy reads them soon
            continue;
        }
        if (const auto fault = check_field(field, list_values_)) return fault;
    }
    for (const auto id : {HeaderId::via, HeaderId::from, HeaderId::to, HeaderId::call_id, HeaderId::cseq}) {
        if (!seen[static_cast<std::size_t>(id)]) return SipErrc::missing_header;
    }
    return {};
}

error_code Message::check() const {
    if (fault_ != SipErrc{}) return fault_;
    if (const auto fault = check_start_line()) return fault;
    if (const auto fault = check_fields()) return fault;
    const auto via = top_via();
    if (!via) return via.error();
    if (via->branch == kMagicCookie) return SipErrc::bad_via;  // identifies nothing (RFC 4475 section 3.2.1)
    const auto number = cseq();
    if (!number) return number.error();
    if (is_request() && number->method_text != method_text_) return SipErrc::bad_cseq;  // section 8.1.1.5
    return {};
}

}  // namespace viaduct
