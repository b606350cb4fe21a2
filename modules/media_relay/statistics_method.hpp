// statistics_method: media.stats for viactl: what the relay does, and what it drops, by reason.
//
// The rest of media.* is the server's own, through MediaService. The JSON is in tools/viactl/README.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/control_api.hpp>
#include <viaduct/registration.hpp>

#include "relay/relay.hpp"

namespace viaduct::media_relay {

Registration add_statistics_method(ControlApi& control, Relay& relay);

}  // namespace viaduct::media_relay
