// undeclared: finds what stands in the file and nobody asked for, and says what was probably meant.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/toml_section.hpp"

namespace viaduct::config {

// Everything that was opened (by name) while the configuration was read.
using OpenedSections = std::vector<const TomlSection*>;

void report_undeclared(const Node& root, const std::string& file, const OpenedSections& opened, ConfigFaults& faults);

}  // namespace viaduct::config
