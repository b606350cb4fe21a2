// derived_requests: the requests a client transaction makes by itself from its INVITE: ACK for a failure (RFC 3261
// section 17.1.1.3) and CANCEL (section 9.1). Pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <viaduct/message.hpp>

namespace viaduct::stack {

// `response`: the final response being acknowledged; gives the To tag.
Message make_ack(const Message& invite, const Message& response);
// `reason`: value of a Reason header field (RFC 3326), "" for none.
Message make_cancel(const Message& invite, std::string_view reason);

}  // namespace viaduct::stack
