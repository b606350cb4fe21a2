// http_server: what all HTTP connections share: routes, upgrades, settings, counters.
//
// Routes are added while modules are constructed, read by all workers without a lock, and withdrawn when none runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <viaduct/address_ranges.hpp>
#include <viaduct/http_service.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/workers.hpp>

#include "request_head.hpp"
#include "route_table.hpp"

namespace viaduct::http {

struct HttpSettings {
    RequestLimits limits;
    Duration head_timeout = 10s;  // from a request's first byte, or the connection's beginning, to the end of its head
    Duration body_timeout = 30s;  // from there to its last byte
    Duration idle_timeout = 60s;  // between two requests
    Duration answer_timeout = 90s;  // a handler has so long
    Duration write_timeout = 60s;   // the peer must take each part of an answer in that time
    unsigned requests = 1000;       // on one connection
    AddressRanges trusted_proxies;
};

class HttpServer final : public HttpService {
public:
    HttpServer(Workers& workers, MetricsApi& metrics, HttpSettings settings);

    bool is_trusted_proxy(const SocketAddress& remote) const override {
        return settings_.trusted_proxies.contains(remote);
    }
    std::unique_ptr<StreamLayer> accept(StreamControl& control) override;
    Registration add_route(std::string_view method, std::string_view path, Handler handler) override {
        return routes_.add(method, path, std::move(handler));
    }
    Registration add_upgrade(std::string_view protocol, UpgradeHandler handler) override;

    // Connections are closed after the answer they wait for: shutdown.
    void drain() { draining_.store(true, std::memory_order_relaxed); }
    bool draining() const { return draining_.load(std::memory_order_relaxed); }

    // -- for its layers
    Workers& workers() { return workers_; }
    const HttpSettings& settings() const { return settings_; }
    const RouteTable& routes() const { return routes_; }
    // The handler for one of the protocols the request lists, and its name; null when there is none.
    std::pair<std::string_view, UpgradeHandler*> find_upgrade(const HttpRequest& request) const;
    void count_answer(int status);
    void count_refusal(std::string_view reason);
    void count_connection(int change) { connections_.fetch_add(change, std::memory_order_relaxed); }

private:
    Workers& workers_;
    const HttpSettings settings_;
    RouteTable routes_;
    std::map<std::string, std::unique_ptr<UpgradeHandler>, std::less<>> upgrades_;
    std::atomic<bool> draining_{false};
    std::atomic<int> connections_{0};
    std::array<Counter*, 6> answers_{};  // by the status' first digit
    std::map<std::string_view, Counter*> refusals_;
    Registration connections_gauge_;
};

}  // namespace viaduct::http
