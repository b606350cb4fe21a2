// config_faults: the words in which faults of the configuration are reported.
// SPDX-License-Identifier: Apache-2.0
#include "config/config_faults.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <viaduct/config_section.hpp>

namespace viaduct::config {

std::string ConfigFault::text() const {
    std::string line = file;
    if (position.line != 0) line += fmt::format(":{}", position.line);
    line += ": ";
    if (!key.empty()) line += fmt::format("'{}' in ", key);
    if (!section.empty()) line += section + ' ';
    line += problem;
    if (!help.empty()) line += fmt::format(" ({})", help.substr(0, help.size() - (help.ends_with('.') ? 1 : 0)));
    return line;
}

void ConfigFaults::add(ConfigFault fault) {
    const bool known = std::any_of(faults_.begin(), faults_.end(), [&](const ConfigFault& other) {
        return other.position.line == fault.position.line && other.section == fault.section && other.key == fault.key &&
               other.problem == fault.problem;
    });
    if (!known) faults_.push_back(std::move(fault));
}

std::string ConfigFaults::text() const {
    std::vector<const ConfigFault*> ordered;
    for (const ConfigFault& fault : faults_) ordered.push_back(&fault);
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const auto* a, const auto* b) { return a->position.line < b->position.line; });
    std::string all;
    for (const ConfigFault* fault : ordered) all += (all.empty() ? "" : "\n") + fault->text();
    return all;
}

void ConfigFaults::throw_if_any() const {
    if (!empty()) throw ConfigError{text()};
}

}  // namespace viaduct::config
