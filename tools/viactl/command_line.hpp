// command_line: viactl's subcommands and options, and what they run. Only its .cpp and the *_words files know the
// parser.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace viaduct::viactl {

// Parses, runs, prints errors; the process's exit code.
int run_command_line(int argc, char** argv);

}  // namespace viaduct::viactl
