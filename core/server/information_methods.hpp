// information_methods: what the running server is made of: server.sockets, server.aliases, server.modules,
// server.debug.
//
// Registered while the server is built; they run on worker 0.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <viaduct/registration.hpp>

namespace viaduct::server {

class Server;

std::vector<Registration> add_information_methods(Server& server);

}  // namespace viaduct::server
