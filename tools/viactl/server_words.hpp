// server_words: kamctl's words about the running server: srv, uptime, monitor, online.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "command_tree.hpp"

namespace viaduct::viactl {

// Outlives the parsing and the command that runs.
class ServerWords {
public:
    explicit ServerWords(CommandTree& tree);

private:
    std::string level_;
    std::int64_t interval_ = 2, count_ = 0;
};

}  // namespace viaduct::viactl
