// control_methods: media.list, .show, .kill and .stats for `viactl media` and JSON-RPC; shapes in README.md.
//
// Run on worker 0.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <viaduct/control_api.hpp>
#include <viaduct/registration.hpp>

#include "relay/relay.hpp"
#include "relay_service.hpp"

namespace viaduct::media_relay {

std::vector<Registration> add_control_methods(ControlApi& control, Relay& relay, RelayService& service);

}  // namespace viaduct::media_relay
