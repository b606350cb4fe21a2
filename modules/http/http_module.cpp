// http: HTTP/1.1 on stream listeners: health, metrics, JSON-RPC, files, and the way to WebSocket.
//
//   config   [module.http]   see README.md
//   offers   HttpService
//
// One object for all workers; connections live on their own.
// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>

#include <viaduct/module.hpp>
#include <viaduct/service_api.hpp>

#include "http_server.hpp"
#include "operator_pages.hpp"
#include "static_files.hpp"

namespace viaduct::http {
namespace {

AddressRanges read_ranges(const ConfigSection& config, const char* key, const std::vector<std::string>& fallback,
                          const char* help) {
    AddressRanges ranges;
    for (const std::string& text : config.list(key, fallback, help)) {
        if (!ranges.add(text)) config.fault(key, "'" + text + "' is no address or network");
    }
    return ranges;
}

// A duration that must be above zero.
Duration read_timeout(const ConfigSection& config, const char* key, Duration fallback, const char* help) {
    const Duration value = config.duration(key, fallback, help);
    if (value > Duration::zero()) return value;
    config.fault(key, "must be above zero");
    return fallback;
}

HttpSettings read_settings(const ConfigSection& config) {
    HttpSettings settings;
    settings.limits.line_bytes = config.size("line_bytes", settings.limits.line_bytes, "Longest request line: 414.");
    settings.limits.header_bytes =
        config.size("header_bytes", settings.limits.header_bytes, "Largest head of a request: 431.");
    settings.limits.fields = static_cast<std::size_t>(
        config.integer("header_fields", 100, 1, 10000, "Most header fields of a request: 431."));
    settings.limits.body_bytes =
        config.size("body_bytes", settings.limits.body_bytes, "Largest body of a request: 413.");
    settings.head_timeout = read_timeout(config, "head_timeout", settings.head_timeout,
                                         "A request's head must be there so long after its first byte: 408.");
    settings.body_timeout =
        read_timeout(config, "body_timeout", settings.body_timeout, "And its body so long after its head: 408.");
    settings.idle_timeout = read_timeout(config, "idle_timeout", settings.idle_timeout,
                                         "A connection is closed so long after its last answer.");
    settings.write_timeout = read_timeout(config, "write_timeout", settings.write_timeout,
                                          "The peer must take each part of an answer in that time.");
    settings.requests = static_cast<unsigned>(
        config.integer("requests", settings.requests, 1, 1000000, "Requests on one connection, then it is closed."));
    settings.trusted_proxies =
        read_ranges(config, "trusted_proxies", {},
                    "Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed.");
    return settings;
}

OperatorSettings read_operators(const ConfigSection& config) {
    OperatorSettings settings;
    settings.addresses = read_ranges(config, "operators", {"127.0.0.0/8", "::1"},
                                     "Addresses and networks that may read /metrics and call /rpc.");
    const bool rpc = config.boolean("rpc", false, "JSON-RPC 2.0 at /rpc: every command of viactl. Needs rpc_token.");
    const std::string token = config.secret("rpc_token", "The bearer token for /rpc, 16 characters at least.");
    if (!rpc) return settings;
    if (token.size() < 16) config.fault("rpc_token", "rpc is on and needs a token of 16 characters or more");
    settings.token = token;
    return settings;
}

std::unique_ptr<StaticFiles> read_files(const ConfigSection& config) {
    StaticFileSettings settings;
    settings.root = config.path("files", "", "A folder whose files are served; \"\": none.");
    settings.max_age = config.duration("max_age", settings.max_age, "How long browsers keep files other than HTML.");
    settings.content_policy = config.text("content_security_policy", kContentPolicy,
                                          "Content-Security-Policy of files; {host} is the Host that was asked.");
    if (settings.root.empty()) return nullptr;
    return std::make_unique<StaticFiles>(std::move(settings));
}

class HttpModule final : public Module {
public:
    explicit HttpModule(ModuleContext& context)
        : server_{context.workers, context.metrics, read_settings(context.config)},
          pages_{server_, context.metrics, context.control, read_operators(context.config)},
          files_{read_files(context.config)},
          service_{context.services.offer<HttpService>(server_)} {
        if (!files_) return;
        files_route_ = server_.add_route("GET", "/", [this](const HttpRequest& request, Completion<HttpResponse> done) {
            done(files_->answer(request));
        });
    }

    void drain(Completion<> done) override {
        server_.drain();
        done();
    }

private:
    HttpServer server_;
    OperatorPages pages_;
    std::unique_ptr<StaticFiles> files_;
    Registration files_route_;
    Registration service_;  // declared last, so withdrawn first
};

}  // namespace
}  // namespace viaduct::http

VIADUCT_MODULE(viaduct::http::HttpModule, "http", "HTTP/1.1: health, metrics, JSON-RPC, files, upgrades", "",
               "http_service");
