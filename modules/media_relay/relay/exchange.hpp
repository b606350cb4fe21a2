// exchange: one description on its way through the relay, as a command of ng or of the SIP workers brings it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "relay/wishes.hpp"

namespace viaduct::media_relay {

struct Exchange {
    std::string call_id, from_tag, to_tag, via_branch;
    std::string sdp;
    Wishes wishes;
};

}  // namespace viaduct::media_relay
