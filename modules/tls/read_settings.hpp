// read_settings: [module.tls] and [module.tls.profile.NAME] as profiles.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <viaduct/config_section.hpp>

#include "settings.hpp"

namespace viaduct::tls {

// The default profile first. What a profile does not say it takes from the default one. Faults go to the sections.
std::vector<ProfileSettings> read_settings(const ConfigSection& config);
// At the line of the key that led there.
void report(const ConfigSection& config, const ProfileError& error);

}  // namespace viaduct::tls
