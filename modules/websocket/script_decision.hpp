// script_decision: a handshake as the operator's script sees it, and what its answer means.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/http_service.hpp>
#include <viaduct/script_api.hpp>

namespace viaduct::websocket {

ScriptValue handshake_table(const HttpRequest& request);
// 101 to go on; the status to refuse with otherwise. No hook, nothing, nil and true go on; false is 403; an error, or
// an answer that means nothing, is 500.
int status_of(const ScriptHookOutcome& outcome);

}  // namespace viaduct::websocket
