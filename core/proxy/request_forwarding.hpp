// request_forwarding: RFC 3261 section 16.6: the copy of a request that one branch sends.
//
// Functions on messages; nothing is sent here. What depends on where the request leaves from (Record-Route, Via) comes
// last, because a branch learns that once per destination. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <viaduct/message.hpp>
#include <viaduct/target.hpp>

#include "proxy/own_values.hpp"

namespace viaduct::proxy {

// The URI the request must be sent to (step 7): the first hop of the target's route, else the request's own topmost
// Route, else the target's URI. A strict router there changes the message, not the place.
Result<Uri> next_hop(const Message& request, const Target& target);

// Steps 1, 2, 3 and 6: copies, writes the Request-URI, lowers or adds Max-Forwards, pushes the target's route, and
// rearranges Request-URI and Route for a strict router. `max_breadth`: RFC 5393 section 5.3.3.1.
// REQUIRES: Max-Forwards is not 0.
Message copy_for_target(const Message& request, const Target& target, unsigned default_max_forwards,
                        std::optional<unsigned> max_breadth);

// Does a 2xx to it make a dialog whose later requests want to come this way (step 4)?
bool may_create_dialog(const Message& request);

// Step 4: one value when both sides are the same, else one for each, the side the request leaves by on top.
void add_record_route(Message& request, const RecordRouteSide& from, const RecordRouteSide& to, OwnValues& values);

// Max-Breadth as received, or the default (RFC 5393 section 5.3.3).
unsigned max_breadth(const Message& request, unsigned default_breadth);

}  // namespace viaduct::proxy
