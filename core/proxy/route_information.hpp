// route_information: RFC 3261 section 16.4: what the previous hop wrote for us to read, taken away.
//
// Edits the request in place; says what was found. Sends nothing, waits for nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <viaduct/flow.hpp>
#include <viaduct/message.hpp>

#include "proxy/own_names.hpp"
#include "proxy/own_values.hpp"

namespace viaduct::proxy {

struct RouteInformation {
    bool from_strict_router = false;        // Request-URI was one of our Record-Route values
    unsigned popped = 0;                    // Route values of ours
    bool follows_route = false;             // one of them was made for the dialog the request belongs to
    bool follows_path = false;              // the last of them is a Path value that this server made
    std::optional<std::uint16_t> listener;  // the side of us the request leaves by, as the last of them says
    std::optional<Flow> flow;               // the flow it leaves by, likewise
    std::optional<Flow> sender;             // the flow of the side it comes from, as the first of two says
};

RouteInformation preprocess_route_information(Message& request, Transport arrived_by, const OwnNames& names,
                                              OwnValues& values);

}  // namespace viaduct::proxy
