// control_server: JSON-RPC 2.0 over a unix stream socket, one JSON value per line (see README.md in this folder).
//
// Construct before the loop runs, destroy after it has stopped or on its thread. The registry outlives it. Control is
// for people: it has real deadlines on the real clock, and never runs under a test's hand-turned one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "control/control_registry.hpp"
#include "control/rpc_session.hpp"

namespace boost::asio {
class io_context;
}

namespace viaduct::control {

struct ControlLimits;
class ControlSocket;

class ControlServer {
public:
    struct Dependencies {
        boost::asio::io_context& loop;  // worker 0's
        ControlRegistry& registry;
        PostToLoop post;  // runs work on that loop; callable for as long as a method may hold a reply
    };
    // Throws ConfigError: "another viaduct is running: it answers on ...".
    ControlServer(Dependencies dependencies, const std::string& path);
    ControlServer(Dependencies dependencies, const std::string& path, const ControlLimits& limits);
    // On a socket that was made earlier, so that a second server was refused before it touched anything else.
    ControlServer(Dependencies dependencies, std::unique_ptr<ControlSocket> socket);
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

    const std::string& path() const;

private:
    struct State;
    std::shared_ptr<State> state_;  // shared with a pending accept, weakly
};

}  // namespace viaduct::control
