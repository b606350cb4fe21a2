// read_settings: [module.media_relay] as values; see README.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <viaduct/config_section.hpp>

#include "ng/ng_server.hpp"
#include "relay/media_environment.hpp"
#include "relay/media_interface.hpp"

namespace viaduct::media_relay {

struct Settings {
    RelaySettings relay;
    std::vector<MediaInterface> interfaces;
    unsigned threads = 1;
    NgSettings ng;
    Duration certificate_life{};
};

// Wrong values are faults of the section and read as defaults.
Settings read_settings(const ConfigSection& config);

}  // namespace viaduct::media_relay
