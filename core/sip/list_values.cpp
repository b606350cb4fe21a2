// list_values: see list_values.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "sip/list_values.hpp"

#include "sip/text.hpp"

namespace viaduct::sip {

bool is_list(HeaderId id) {
    switch (id) {
        // Credentials and challenges use the comma inside one value (RFC 3261 section 7.3.1).
        case HeaderId::authentication_info:
        case HeaderId::authorization:
        case HeaderId::proxy_authenticate:
        case HeaderId::proxy_authorization:
        case HeaderId::www_authenticate:
        // These hold one value, free text or a date.
        case HeaderId::call_id:
        case HeaderId::content_disposition:
        case HeaderId::content_length:
        case HeaderId::content_type:
        case HeaderId::cseq:
        case HeaderId::date:
        case HeaderId::event:
        case HeaderId::expires:
        case HeaderId::from:
        case HeaderId::identity:
        case HeaderId::max_forwards:
        case HeaderId::mime_version:
        case HeaderId::min_expires:
        case HeaderId::organization:
        case HeaderId::priority:
        case HeaderId::rack:
        case HeaderId::refer_to:
        case HeaderId::referred_by:
        case HeaderId::replaces:
        case HeaderId::reply_to:
        case HeaderId::retry_after:
        case HeaderId::rseq:
        case HeaderId::server:
        case HeaderId::session_expires:
        case HeaderId::subject:
        case HeaderId::subscription_state:
        case HeaderId::timestamp:
        case HeaderId::to:
        case HeaderId::user_agent: return false;
        default: return true;
    }
}

std::size_t first_value_length(std::string_view text) {
    if (text.find(',') == std::string_view::npos) return text.size();
    bool in_brackets = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        switch (text[i]) {
            case ',':
                if (!in_brackets) return i;
                break;
            case '<': in_brackets = true; break;
            case '>': in_brackets = false; break;
            case '"':
                if (!in_brackets) {
                    const auto length = quoted_length(text.substr(i));
                    if (length == 0) return text.size();  // never closed: nothing after it can be told apart
                    i += length - 1;
                }
                break;
            default: break;
        }
    }
    return text.size();
}

bool ListCursor::next(std::string_view& value) {
    while (!rest_.empty()) {
        const auto length = first_value_length(rest_);
        value = trim(rest_.substr(0, length));
        rest_.remove_prefix(length == rest_.size() ? length : length + 1);
        if (!value.empty()) return true;
    }
    return false;
}

}  // namespace viaduct::sip
