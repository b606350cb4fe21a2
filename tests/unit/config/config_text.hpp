// config_text: what the configuration tests share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "config/configuration.hpp"

namespace viaduct::config {

inline Configuration parsed(std::string_view text) { return Configuration::parse(text, "/etc/viaduct/viaduct.toml"); }

// The faults without the folder, so that a test can show the line an operator sees.
inline std::string faults_of(Configuration& configuration) {
    std::string text = configuration.faults().text();
    for (std::size_t at; (at = text.find("/etc/viaduct/")) == 0 || text.find("\n/etc/viaduct/") != std::string::npos;) {
        text.erase(at == 0 ? 0 : text.find("\n/etc/viaduct/") + 1, std::string_view{"/etc/viaduct/"}.size());
    }
    return text;
}

}  // namespace viaduct::config
