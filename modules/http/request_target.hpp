// request_target: what a request asks for (RFC 9112 section 3.2), as a path that is safe to compare and to open.
//
// Decoded once. A target that could be read in two ways is refused rather than normalised: encoded slashes,
// backslashes, controls, dot segments (RFC 3986 section 5.2.4) in whatever disguise.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace viaduct::http {

struct RequestTarget {
    std::string path;   // "/a b/c", or "*"
    std::string query;  // as sent, without '?'
};

std::optional<RequestTarget> parse_target(std::string_view method, std::string_view target);
// The other way: what a path looks like in a Location field.
std::string encode_path(std::string_view path);

}  // namespace viaduct::http
