// viactl: looks after subscribers, the database and a running server.
// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"

int main(int argc, char** argv) { return viaduct::viactl::run_command_line(argc, argv); }
