// sip_error: see viaduct/sip_error.hpp. The messages are also the reason phrases of the answers (RFC 3261
// section 21.4.1).
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/sip_error.hpp>

#include <string>

#include <viaduct/message.hpp>

namespace viaduct {

namespace {

const char* words(SipErrc error) {
    switch (error) {
        case SipErrc::incomplete: return "Incomplete Message";
        case SipErrc::not_sip: return "Not SIP";
        case SipErrc::bad_start_line: return "Bad Start Line";
        case SipErrc::bad_version: return "Version Not Supported";
        case SipErrc::bad_method: return "Bad Method";
        case SipErrc::bad_uri: return "Bad URI";
        case SipErrc::unsupported_scheme: return "Unsupported URI Scheme";
        case SipErrc::bad_status: return "Bad Status Code";
        case SipErrc::bad_header: return "Bad Header Field";
        case SipErrc::missing_header: return "Missing Mandatory Header Field";
        case SipErrc::duplicate_header: return "Duplicate Header Field";
        case SipErrc::bad_via: return "Bad Via";
        case SipErrc::bad_cseq: return "Bad CSeq";
        case SipErrc::bad_address: return "Bad Address";
        case SipErrc::bad_max_forwards: return "Bad Max-Forwards";
        case SipErrc::bad_content_length: return "Bad Content-Length";
        case SipErrc::bad_value: return "Bad Header Field Value";
        case SipErrc::too_large: return "Message Too Large";
        case SipErrc::too_many_headers: return "Too Many Header Fields";
        case SipErrc::too_deep: return "Nested Too Deeply";
        case SipErrc::bad_body: return "Bad Body";
        case SipErrc::headers_too_large: return "Header Section Too Large";
        case SipErrc::too_many_values: return "Too Many Values";
    }
    return "Unknown SIP Error";
}

// Boost's category has no virtual destructor and is never deleted through its base.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class SipCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "sip"; }
    std::string message(int error) const override { return words(static_cast<SipErrc>(error)); }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& sip_category() {
    static const SipCategory category;
    return category;
}

boost::system::error_code make_error_code(SipErrc error) { return {static_cast<int>(error), sip_category()}; }

int fault_status(error_code fault) {
    if (fault == SipErrc::bad_version) return 505;
    if (fault == SipErrc::unsupported_scheme) return 416;
    if (fault == SipErrc::too_large || fault == SipErrc::headers_too_large) return 513;
    return 400;
}

std::string_view fault_reason(error_code fault) {
    return fault.category() == sip_category() ? words(static_cast<SipErrc>(fault.value())) : "Bad Request";
}

}  // namespace viaduct
