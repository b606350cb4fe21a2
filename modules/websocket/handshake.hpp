// handshake: the server's side of the opening handshake (RFC 6455 section 4.2, RFC 7118 section 4).
//
// Decides by the request and the configuration alone. Const after construction; any worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/http_service.hpp>

namespace viaduct::websocket {

struct HandshakePolicy {
    std::vector<std::string> paths;    // none: any
    std::vector<std::string> hosts;    // lower case, without port; none: any
    std::vector<std::string> origins;  // lower case, as browsers send them; "*.example.test" for subdomains; none: any
};

// A refusal and a word for its counter.
struct HandshakeRefusal {
    HttpResponse response;
    const char* reason;
};

std::optional<HandshakeRefusal> check_handshake(const HttpRequest& request, const HandshakePolicy& policy);
// The 101 for a request that passed.
HttpResponse accept_handshake(const HttpRequest& request);
// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string accept_value(std::string_view key);

}  // namespace viaduct::websocket
