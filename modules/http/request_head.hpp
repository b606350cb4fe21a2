// request_head: a request line and its header fields (RFC 9112 sections 3 and 5), and what they say about the body
// (section 6).
//
// Strict: what two servers could read in two ways is refused, so that nobody can smuggle a request through a proxy in
// front of us (section 11.2).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <viaduct/http_service.hpp>

namespace viaduct::http {

struct RequestLimits {
    std::size_t line_bytes = 8192;     // the request line
    std::size_t header_bytes = 16384;  // with the request line
    std::size_t fields = 100;
    std::uint64_t body_bytes = 262144;
};

// Why a request is not taken: the status it gets, and a word for the counter.
struct Refusal {
    int status;
    const char* reason;
};

struct RequestHead {
    std::string method, path, query;
    HttpFields fields;
    bool http_1_1 = true;  // else 1.0
    bool keep_alive = true;
    bool chunked = false;
    bool expects_continue = false;
    std::uint64_t content_length = 0;
};

// `text`: the head's lines, each ended by CRLF, without the empty one; no other CR or LF is in it.
std::optional<Refusal> parse_head(std::string_view text, const RequestLimits& limits, RequestHead& head);

}  // namespace viaduct::http
