// dry_server: the configured server without listeners, workers or the operator's database: for `check` and `stubs`.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "server/sandbox.hpp"
#include "server/server.hpp"
#include "server/simulated_environment.hpp"

namespace viaduct::server {

class DryServer {
public:
    // `beside`: modules that are loaded without settings besides those of the file. Throws ConfigError.
    explicit DryServer(const std::string& file, const std::vector<std::string>& beside = {})
        : server_{sandboxed(file, folder_.path(), beside), environment_, {.run = false}} {}
    Server& operator*() { return server_; }
    Server* operator->() { return &server_; }

private:
    TemporaryFolder folder_;
    SimulatedEnvironment environment_;
    Server server_;
};

}  // namespace viaduct::server
