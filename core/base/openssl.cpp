// openssl: see viaduct/openssl.hpp.
// SPDX-License-Identifier: Apache-2.0
#include <system_error>

#include <fmt/format.h>
#include <openssl/err.h>

#include <viaduct/openssl.hpp>

namespace viaduct {

std::string take_openssl_error() {
    // What the system said comes first in the queue, OpenSSL's own words last.
    const unsigned long first = ERR_peek_error(), error = ERR_peek_last_error();
    ERR_clear_error();
    if (error == 0) return "unknown error";
    if (ERR_SYSTEM_ERROR(first)) return std::generic_category().message(ERR_GET_REASON(first));
    const char* reason = ERR_reason_error_string(error);
    return reason != nullptr ? reason : fmt::format("error {:x}", error);
}

}  // namespace viaduct
