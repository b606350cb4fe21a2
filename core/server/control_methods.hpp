// control_methods: the server's own commands: server.ps, server.stats, server.reload, server.ping, server.version,
// config.explain.
//
// Registered while the server is built; they run on worker 0.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include <viaduct/registration.hpp>
#include <viaduct/time.hpp>

namespace viaduct::server {

class Server;

struct ControlMethodSettings {
    std::function<Duration(unsigned worker)> cpu_time;  // empty: not known (simulation)
};

std::vector<Registration> add_control_methods(Server& server, ControlMethodSettings settings);

}  // namespace viaduct::server
