// command_error: how a command says it failed, and with which exit code (README.md in this folder lists them).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace viaduct::viactl {

enum class Exit : int {
    ok = 0,
    failed = 1,       // refused, or not found
    usage = 2,        // the command line is wrong
    not_running = 3,  // the command needs a running server
    database = 4,
    configuration = 5,
};

class CommandError : public std::runtime_error {
public:
    CommandError(Exit exit_code, const std::string& message) : std::runtime_error{message}, exit{exit_code} {}
    Exit exit;
};

}  // namespace viaduct::viactl
