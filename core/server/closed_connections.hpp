// closed_connections: tells the script of connections that ended: on_connection_closed(connection).
//
// The table has what `req.flow` said of it, so that a script finds what it kept by req.flow.connection. Called on the
// worker that owned the connection, after the modules have acted (a registrar has removed its bindings).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <viaduct/registration.hpp>
#include <viaduct/script_api.hpp>

#include "script/script_registry.hpp"
#include "server/event_hub.hpp"

namespace viaduct::server {

class ClosedConnections {
public:
    explicit ClosedConnections(script::ScriptRegistry& registry);
    void follow(EventHub& events);

private:
    std::unique_ptr<ScriptHook> hook_;
    Registration registration_;
};

}  // namespace viaduct::server
