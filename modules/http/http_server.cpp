// http_server: see http_server.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "http_server.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "http_layer.hpp"
#include "http_text.hpp"

namespace viaduct::http {
namespace {

constexpr std::string_view kRefusals[]{"bad_request_line", "bad_target",         "version",           "bad_field",
                                       "bad_host",         "conflicting_length", "transfer_coding",   "expectation",
                                       "bad_chunk",        "header_size",        "request_line_size", "body_size",
                                       "bare_line_end",    "field_count",        "head_timeout",      "body_timeout",
                                       "answer_timeout",   "write_timeout",      "pipelined"};

}  // namespace

HttpServer::HttpServer(Workers& workers, MetricsApi& metrics, HttpSettings settings)
    : workers_{workers},
      settings_{std::move(settings)},
      connections_gauge_{metrics.gauge("viaduct_http_connections", "Connections that speak HTTP now.",
                                       [this] { return static_cast<double>(connections_.load()); })} {
    for (std::size_t digit = 1; digit < answers_.size(); ++digit) {
        answers_[digit] = &metrics.counter("viaduct_http_responses_total", "HTTP responses by status.",
                                           fmt::format("status=\"{}xx\"", digit));
    }
    for (const auto reason : kRefusals) {
        refusals_[reason] =
            &metrics.counter("viaduct_http_refused_total", "HTTP requests and connections given up, by reason.",
                             fmt::format("reason=\"{}\"", reason));
    }
}

std::unique_ptr<StreamLayer> HttpServer::accept(StreamControl& control) {
    return std::make_unique<HttpLayer>(*this, control);
}

Registration HttpServer::add_upgrade(std::string_view protocol, UpgradeHandler handler) {
    const auto [place, added] =
        upgrades_.emplace(lower(protocol), std::make_unique<UpgradeHandler>(std::move(handler)));
    if (!added) throw std::logic_error{"two handlers for Upgrade: " + place->first};
    return Registration{[this, name = place->first] { upgrades_.erase(name); }};
}

std::pair<std::string_view, HttpService::UpgradeHandler*> HttpServer::find_upgrade(const HttpRequest& request) const {
    if (!request.lists("connection", "upgrade")) return {};  // RFC 9110 section 7.8
    for (const auto& [protocol, handler] : upgrades_) {
        if (request.lists("upgrade", protocol)) return {protocol, handler.get()};
    }
    return {};
}

void HttpServer::count_answer(int status) {
    const auto digit = static_cast<std::size_t>(status / 100);
    if (digit >= 1 && digit < answers_.size()) answers_[digit]->add();
}

void HttpServer::count_refusal(std::string_view reason) {
    if (const auto found = refusals_.find(reason); found != refusals_.end()) found->second->add();
}

}  // namespace viaduct::http
