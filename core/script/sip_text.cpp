// sip_text: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/sip_text.hpp"

#include <algorithm>
#include <cctype>

#include <viaduct/header_id.hpp>

namespace viaduct::script {

bool is_one_line(std::string_view text) {
    return text.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos;
}

bool is_token(std::string_view text) {
    static constexpr std::string_view kMarks = "-.!%*_+`'~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || kMarks.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

std::string_view why_not_settable(std::string_view header_name) {
    switch (header_id(header_name)) {
        case HeaderId::via: return "Via belongs to the transaction: the proxy writes it";
        case HeaderId::cseq: return "CSeq belongs to the phones";
        case HeaderId::call_id: return "Call-ID belongs to the phones";
        case HeaderId::content_length: return "Content-Length is written when the message is sent: use set_body";
        case HeaderId::max_forwards: return "Max-Forwards is counted down by the proxy";
        default: return {};
    }
}

}  // namespace viaduct::script
