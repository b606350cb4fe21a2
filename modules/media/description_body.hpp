// description_body: the session description a SIP message carries: its body, or a part of a multipart body (RFC 2046
// section 5.1, RFC 5621), as gateways send it beside ISUP, locations or recording metadata.
//
// Functions of values; any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <viaduct/message.hpp>

namespace viaduct::media {

// A view into the message; nullopt: it has none. Of several the first that is the session's own (RFC 3959 describes
// others), and none that is encoded.
std::optional<std::string_view> description_of(const Message& message);
inline bool has_description(const Message& message) { return description_of(message).has_value(); }

// Puts another in its place; the other parts stay as they are.
// REQUIRES: has_description(message).
void set_description(Message& message, std::string_view sdp);

}  // namespace viaduct::media
