// sofia_oracle: how sofia-sip reads a message. Only for comparing with our own parser in tests and fuzzing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct::sip {

// What both parsers read; nullopt where sofia found nothing it could read.
struct OracleReading {
    bool accepted = false;  // complete, no error flagged, no unreadable header field
    bool is_request = false;
    int status = 0;
    std::string method;
    std::optional<std::string> via_branch, call_id, cseq_method, from_tag, to_tag;
    std::optional<std::uint32_t> cseq;
    std::optional<std::uint64_t> max_forwards, content_length;
    std::string body;
};

OracleReading sofia_read(std::string_view bytes);

}  // namespace viaduct::sip
