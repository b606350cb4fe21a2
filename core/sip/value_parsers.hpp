// value_parsers: single header field values a proxy reads, from text (RFC 3261 sections 20.16, 20.42).
//
// Views into the text given; no allocation.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <viaduct/message.hpp>

namespace viaduct::sip {

// One Via value. Errors: SipErrc::bad_via.
Result<Via> parse_via(std::string_view value);
// Errors: SipErrc::bad_cseq.
Result<CSeq> parse_cseq(std::string_view value);

}  // namespace viaduct::sip
