// openssl: see openssl.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "security/openssl.hpp"

#include <openssl/err.h>

namespace viaduct::media_relay {

std::string take_openssl_error() {
    const unsigned long error = ERR_peek_last_error();
    ERR_clear_error();
    const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
    return reason == nullptr ? "unknown error" : reason;
}

}  // namespace viaduct::media_relay
