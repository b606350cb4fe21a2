// message_values: the parsed values a proxy reads (RFC 3261 sections 16.3 to 16.7). Via, CSeq and tags are kept until
// edited.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/message.hpp>

#include "sip/list_values.hpp"
#include "sip/text.hpp"
#include "sip/value_parsers.hpp"

namespace viaduct {

namespace {

std::optional<std::string_view> first_value(const Message& message, HeaderId id) {
    for (const auto& field : message.header_fields()) {
        if (field.id != id) continue;
        std::string_view value;
        if (sip::ListCursor{field.value}.next(value)) return value;
    }
    return std::nullopt;
}

Result<NameAddress> address(const Message& message, HeaderId id) {
    const auto value = message.header(id);
    if (!value) return SipErrc::missing_header;
    return NameAddress::parse(*value);
}

std::string_view tag(const Message& message, HeaderId id, std::optional<std::string_view>& kept) {
    if (!kept) {
        const auto parsed = address(message, id);
        kept = parsed ? parsed->tag() : std::string_view{};
    }
    return *kept;
}

template <class Number>
std::optional<Number> number(const Message& message, HeaderId id) {
    const auto value = message.header(id);
    return value ? sip::parse_number<Number>(*value) : std::nullopt;
}

}  // namespace

Result<Uri> Message::request_uri() const { return Uri::parse(request_uri_); }

Result<Via> Message::top_via() const {
    if (!via_) {
        const auto value = first_value(*this, HeaderId::via);
        if (!value) return SipErrc::missing_header;
        const auto via = sip::parse_via(*value);
        if (!via) return via;
        via_ = *via;
    }
    return *via_;
}

Result<CSeq> Message::cseq() const {
    if (!cseq_) {
        const auto value = header(HeaderId::cseq);
        if (!value) return SipErrc::missing_header;
        const auto cseq = sip::parse_cseq(*value);
        if (!cseq) return cseq;
        cseq_ = *cseq;
    }
    return *cseq_;
}

std::string_view Message::call_id() const { return header(HeaderId::call_id).value_or(std::string_view{}); }
std::string_view Message::from_tag() const { return tag(*this, HeaderId::from, from_tag_); }
std::string_view Message::to_tag() const { return tag(*this, HeaderId::to, to_tag_); }
Result<NameAddress> Message::from() const { return address(*this, HeaderId::from); }
Result<NameAddress> Message::to() const { return address(*this, HeaderId::to); }

std::optional<NameAddress> Message::top_route() const {
    const auto value = first_value(*this, HeaderId::route);
    if (!value) return std::nullopt;
    const auto route = NameAddress::parse(*value);
    return route ? std::optional{*route} : std::nullopt;
}

std::optional<unsigned> Message::max_forwards() const { return number<unsigned>(*this, HeaderId::max_forwards); }
std::optional<std::uint32_t> Message::expires() const { return number<std::uint32_t>(*this, HeaderId::expires); }

std::string_view Message::content_type() const { return header(HeaderId::content_type).value_or(std::string_view{}); }

}  // namespace viaduct
