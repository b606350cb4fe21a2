// script_decision: see script_decision.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "script_decision.hpp"

namespace viaduct::websocket {

ScriptValue handshake_table(const HttpRequest& request) {
    ScriptMap fields;
    for (const auto& [name, value] : request.fields) fields[name] = request.field(name);
    const SocketAddress& remote = request.flow.remote;
    ScriptMap source{{"ip", ScriptValue{remote.ip()}}, {"port", ScriptValue{std::int64_t{remote.port()}}}};
    return ScriptMap{{"path", ScriptValue{request.path}},
                     {"query", ScriptValue{request.query}},
                     {"host", ScriptValue{request.field("host")}},
                     {"origin", ScriptValue{request.field("origin")}},
                     {"user_agent", ScriptValue{request.field("user-agent")}},
                     {"secure", ScriptValue{request.secure}},
                     {"source", ScriptValue{std::move(source)}},
                     {"fields", ScriptValue{std::move(fields)}}};
}

int status_of(const ScriptHookOutcome& outcome) {
    if (outcome.failed) return 500;
    if (!outcome.defined || outcome.results.empty() || outcome.results.front().is_nil()) return 101;
    const ScriptValue& first = outcome.results.front();
    if (const bool* go_on = std::get_if<bool>(&first)) return *go_on ? 101 : 403;
    const auto* status = std::get_if<std::int64_t>(&first);
    return status != nullptr && *status >= 400 && *status <= 599 ? static_cast<int>(*status) : 500;
}

}  // namespace viaduct::websocket
