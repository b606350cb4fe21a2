// toml_reader: TOML 1.0 text to a Node tree. The only file that sees the TOML library is its .cpp.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "config/node.hpp"

namespace viaduct::config {

// `file` is used in messages. Throws ConfigError "FILE:LINE:COLUMN: what is wrong" for text that is not TOML, also for
// a key that is given twice.
Node read_toml(std::string_view text, const std::string& file);

}  // namespace viaduct::config
