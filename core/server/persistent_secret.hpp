// persistent_secret: the secret of this installation, in a file, for what outlives the process (marks of dialogs).
//
// Main thread, before the server is built. Nodes that take over one another's calls share the file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace viaduct::server {

// From the file's first line. A missing file is made, readable by its owner only. Throws std::system_error when it
// can be neither read nor made.
std::uint64_t persistent_secret(const std::string& file);

}  // namespace viaduct::server
