// cseq: the CSeq value (RFC 3261 section 20.16).
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/sip_error.hpp>

#include "sip/text.hpp"
#include "sip/value_parsers.hpp"

namespace viaduct::sip {

Result<CSeq> parse_cseq(std::string_view value) {
    auto rest = value;
    const auto number = parse_number<std::uint32_t>(take(rest, kDigit));
    const auto method = trim_left(rest);
    // Section 8.1.1.5: less than 2**31.
    if (!number || *number >= 1U << 31 || method.size() == rest.size() || !is_token(method)) return SipErrc::bad_cseq;
    return CSeq{.number = *number, .method = method_from_text(method), .method_text = method};
}

}  // namespace viaduct::sip
