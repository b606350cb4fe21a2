// request_validation: RFC 3261 section 16.3: may this request be proxied at all? Step 1, the syntax, was done by
// Message::check() before it came here.
//
// Pure functions: they say which answer refuses the request, and send nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <viaduct/message.hpp>
#include <viaduct/response.hpp>

#include "proxy/own_names.hpp"

namespace viaduct::proxy {

struct ValidationRules {
    const OwnNames& names;
    const std::vector<std::string>& supported;  // option tags
};

// Steps 2 to 5: Request-URI scheme, Max-Forwards, loops, Proxy-Require. nullopt: the request may pass.
// An OPTIONS for this server itself may have come to its last hop (section 16.3 step 3).
std::optional<Response> validate_request(const Message& request, std::uint64_t loop_hash, const ValidationRules& rules);

// Section 8.2.2.3, when this server is the one the request is for: the option tags of Require we do not support.
std::optional<Response> validate_require(const Message& request, const std::vector<std::string>& supported);

}  // namespace viaduct::proxy
