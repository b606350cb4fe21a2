// commands: what `viaduct` can be asked to do; each returns the process's exit status.
//
// Main thread. Faults of configuration and script are thrown as ConfigError, a line each, with file:line.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace viaduct::server {

int run_command(const std::string& configuration);
int check_command(const std::string& configuration);
int test_command(const std::string& configuration, std::vector<std::string> paths);
int stubs_command(const std::string& configuration);

}  // namespace viaduct::server
