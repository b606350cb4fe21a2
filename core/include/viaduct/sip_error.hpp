// viaduct/sip_error: what can be wrong with bytes that claim to be SIP.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/error_code.hpp>

namespace viaduct {

enum class SipErrc {
    incomplete = 1,      // not yet a whole message (streams)
    not_sip,             // the first line is neither request line nor status line
    bad_start_line,      // 400
    bad_version,         // 505
    bad_method,          // 400
    bad_uri,             // 400
    unsupported_scheme,  // 416
    bad_status,          // status code outside 100..699
    bad_header,          // 400: header line without colon, bad name, control characters
    missing_header,      // 400: Via, From, To, Call-ID, CSeq
    duplicate_header,    // 400: a header field that may stand once stands twice
    bad_via,
    bad_cseq,
    bad_address,  // From, To, Contact, Route, Record-Route
    bad_max_forwards,
    bad_content_length,  // 400: not a number, or more than the datagram holds
    bad_value,           // another header field's value
    too_large,           // 513: message size limit
    too_many_headers,    // 400
    too_deep,            // nesting limit of multipart or quoted text
    bad_body,
    headers_too_large,  // 513: start line and header fields together
    too_many_values,    // 400: values in one comma-separated header field
};

const boost::system::error_category& sip_category();
boost::system::error_code make_error_code(SipErrc error);

}  // namespace viaduct

template <>
struct boost::system::is_error_code_enum<viaduct::SipErrc> : std::true_type {};
