// http_bench: an HTTP server with one connection, without a socket.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/metrics.hpp"
#include "modules/http/http_layer.hpp"
#include "modules/http/http_server.hpp"
#include "support/stream_bench.hpp"

namespace viaduct::http {

struct HttpBench {
    explicit HttpBench(HttpSettings settings = {}) : server{workers, metrics, std::move(settings)} {}

    void connect(std::string_view from = "192.0.2.7:40000") {
        connection = std::make_unique<test::StreamBench>(workers);
        connection->set_remote(from);
        connection->begin(server.accept(*connection));
    }
    // What is answered to these bytes.
    std::string ask(std::string_view bytes) {
        if (!connection) connect();
        connection->receive(bytes);
        connection->run();
        return connection->take_sent();
    }
    std::uint64_t refused(std::string_view reason) {
        return metrics.counter("viaduct_http_refused_total", "", "reason=\"" + std::string{reason} + "\"").value();
    }
    // Answers with what it was asked.
    Registration echo(std::string_view method, std::string_view path) {
        return server.add_route(method, path, [](const HttpRequest& request, Completion<HttpResponse> done) {
            done(HttpResponse::text(200, request.method + " " + request.path + " " + request.flow.remote.text() +
                                             (request.secure ? " secure " : " ") + request.body));
        });
    }

    test::ManualWorkers workers;
    Metrics metrics;
    HttpServer server;
    std::unique_ptr<test::StreamBench> connection;
};

inline std::string get(std::string_view path, std::string_view fields = {}) {
    return "GET " + std::string{path} + " HTTP/1.1\r\nHost: phone.example.test\r\n" + std::string{fields} + "\r\n";
}
inline int status_in(std::string_view response) {
    return response.starts_with("HTTP/1.1 ") ? std::stoi(std::string{response.substr(9, 3)}) : 0;
}
inline std::string body_of(std::string_view response) {
    const auto end = response.find("\r\n\r\n");
    return end == std::string_view::npos ? "" : std::string{response.substr(end + 4)};
}

}  // namespace viaduct::http
