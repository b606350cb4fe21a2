// server_words: kamctl's words about the running server: srv, uptime, monitor, online, dialog.
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
    void add_dialogs(CommandTree& tree);

    std::string level_, call_id_;
    std::int64_t interval_ = 2, count_ = 0, limit_ = 1000;
};

}  // namespace viaduct::viactl
