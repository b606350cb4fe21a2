// descriptions: session descriptions that real browsers and phones made, from the files in descriptions/.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace viaduct::test {

inline std::string description(const std::string& name) {
    std::ifstream file{std::string{VIADUCT_SOURCE_DIR "/tests/unit/media_relay/descriptions/"} + name + ".sdp",
                       std::ios::binary};
    if (!file) throw std::runtime_error{"no description " + name};
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

}  // namespace viaduct::test
