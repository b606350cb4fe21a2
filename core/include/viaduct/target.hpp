// viaduct/target: one place a request may be sent (RFC 3261 section 16.5), e.g. one binding of an address of record.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <viaduct/flow.hpp>
#include <viaduct/uri.hpp>

namespace viaduct {

struct Target {
    Uri uri;                         // becomes the Request-URI
    std::vector<std::string> route;  // Route values to push, first hop first: Path of the binding (RFC 3327)
    std::optional<Flow> flow;        // send down this very flow; RFC 5626
    std::optional<SocketAddress>
        received;          // where the phone was seen (NAT); used instead of the URI's host when no flow
    float q = 1.0F;        // RFC 3261 section 20.10
    std::string instance;  // +sip.instance, "" when none
};

}  // namespace viaduct
