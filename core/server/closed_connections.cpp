// closed_connections: see closed_connections.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "server/closed_connections.hpp"

#include <string>
#include <utility>

namespace viaduct::server {

namespace {

ScriptMap table_of(const Flow& flow) {
    return {{"transport", ScriptValue{std::string{to_text(flow.transport)}}},
            {"ip", ScriptValue{flow.remote.ip()}},
            {"port", ScriptValue{std::int64_t{flow.remote.port()}}},
            {"connection", ScriptValue{flow.connection.text()}}};
}

}  // namespace

ClosedConnections::ClosedConnections(script::ScriptRegistry& registry)
    : hook_{registry.add_hook("", "on_connection_closed(connection: table)",
                              "A connection ended: its transport, ip, port and connection, as req.flow had them.")} {}

void ClosedConnections::follow(EventHub& events) {
    registration_ = events.on_connection_closed([this](const ConnectionClosed& closed) {
        hook_->call({ScriptValue{table_of(closed.flow)}}, [](const ScriptHookOutcome&) {});
    });
}

}  // namespace viaduct::server
