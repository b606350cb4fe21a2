// config_faults: everything wrong with one configuration, collected so that one run shows all of it.
//
// Filled at start-up by sections and settings. Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/node.hpp"

namespace viaduct::config {

struct ConfigFault {
    std::string file;
    Position position{};
    std::string section;  // as written: "[module.registrar]"; "": problem is a whole sentence
    std::string key;      // "" when a whole table is meant
    std::string problem;  // "is \"soon\": not a duration"
    std::string help;     // the key's own help, "" when there is none

    // "viaduct.toml:14: 'min_expires' in [module.registrar] is "soon": not a duration (shortest registration accepted)"
    std::string text() const;
};

class ConfigFaults {
public:
    void add(ConfigFault fault);

    bool empty() const { return faults_.empty(); }
    std::size_t size() const { return faults_.size(); }
    const std::vector<ConfigFault>& all() const { return faults_; }
    // One fault a line, in the order of the file.
    std::string text() const;
    // Throws ConfigError{text()} unless empty.
    void throw_if_any() const;

private:
    std::vector<ConfigFault> faults_;
};

}  // namespace viaduct::config
