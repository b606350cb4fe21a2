// sip_text: what a script may write into a message: no line breaks, no header field the engine keeps itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace viaduct::script {

// No CR, LF or NUL: nothing that could start a header field of its own.
bool is_one_line(std::string_view text);
// token of RFC 3261 section 25.1.
bool is_token(std::string_view text);
// "" when a script may set that header field, else why not: "Via is the proxy's own". Names: long, compact, any case.
std::string_view why_not_settable(std::string_view header_name);

}  // namespace viaduct::script
