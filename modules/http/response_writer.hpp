// response_writer: status line and header fields of a response (RFC 9112 section 4, RFC 9110 section 6.6.1).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <viaduct/http_service.hpp>
#include <viaduct/time.hpp>

namespace viaduct::http {

// May a response with that status have a body (RFC 9110 sections 15.2, 15.3.5, 15.4.5)?
constexpr bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(WallTime time);

// Up to and with the empty line. Fields that would break the lines are left out. `length`: Content-Length.
// `connection`: "close", "keep-alive", "upgrade", or "" for none.
std::string response_head(int status, const HttpFields& fields, std::optional<std::uint64_t> length,
                          std::string_view connection, WallTime now);

}  // namespace viaduct::http
