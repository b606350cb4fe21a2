// viaduct/http_service: HTTP/1.1 on the server's stream listeners (RFC 9110, RFC 9112), for other modules.
//
// Offered by the module http. Handlers run on the worker of the connection; an answer may come later, on the same
// worker; the request lives until then. Routes are added while modules are constructed and withdrawn by their
// Registration.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <viaduct/registration.hpp>
#include <viaduct/stream_layer.hpp>
#include <viaduct/unique_function.hpp>

namespace viaduct {

using HttpFields = std::vector<std::pair<std::string, std::string>>;  // names in lower case

struct HttpRequest {
    std::string method;  // "GET"
    std::string path;    // decoded, absolute, without dot segments
    std::string query;   // as sent, without '?'
    HttpFields fields;   // what a trusted proxy added about its client (X-Forwarded-For, ...) is taken out
    std::string body;
    Flow flow;            // remote is who is behind a trusted proxy
    bool secure = false;  // TLS here, or at a trusted proxy (X-Forwarded-Proto)
    // Value of the field, "" when absent; several are joined by ", " (RFC 9110 section 5.3).
    std::string field(std::string_view lower_case_name) const;
    // Is `token` one of the comma-separated values of the field, in any case? ("connection", "upgrade")
    bool lists(std::string_view lower_case_name, std::string_view token) const;
};

// A body read in parts, as the peer takes them: a file.
class HttpContent {
public:
    virtual ~HttpContent() = default;
    virtual std::uint64_t size() const = 0;
    // The next part, 1 to `most` bytes. "" before the end: it cannot be read any more, and the connection ends.
    virtual std::string read(std::size_t most) = 0;
};

struct HttpResponse {
    int status = 200;
    HttpFields fields;  // without Content-Length, Date and Connection: the server's own
    std::string body;
    std::unique_ptr<HttpContent> content{};  // not null: sent instead of the body

    static HttpResponse text(int status, std::string_view body);  // text/plain; a line feed is added
};

// An upgrade refused with a response, or the layer that takes the connection over after the 101 it gives.
struct HttpUpgrade {
    HttpResponse response;
    std::unique_ptr<StreamLayer> layer;
};

class HttpService {
public:
    static constexpr const char* kServiceName = "http_service";
    using Handler = UniqueFunction<void(const HttpRequest& request, Completion<HttpResponse> done)>;
    using UpgradeHandler =
        UniqueFunction<void(const HttpRequest& request, StreamControl& control, Completion<HttpUpgrade> done)>;
    virtual ~HttpService() = default;

    // Does a proxy live there whose word on its clients' addresses is believed? Limits then count those clients.
    virtual bool is_trusted_proxy(const SocketAddress& remote) const = 0;

    // The layer that speaks HTTP on a connection, from its first byte. The transport asks for it when the first bytes
    // are an HTTP request.
    virtual std::unique_ptr<StreamLayer> accept(StreamControl& control) = 0;
    // Requests whose path is `path`, or begins with it when it ends in '/'. The longest match wins.
    virtual Registration add_route(std::string_view method, std::string_view path, Handler handler) = 0;
    // Requests with `Upgrade: protocol` (RFC 9110 section 7.8), whatever the path.
    virtual Registration add_upgrade(std::string_view protocol, UpgradeHandler handler) = 0;
};

}  // namespace viaduct
