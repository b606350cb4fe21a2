// operator_pages: see operator_pages.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "operator_pages.hpp"

#include <algorithm>

#include "http_server.hpp"
#include "http_text.hpp"
#include "metrics_text.hpp"

namespace viaduct::http {
namespace {

constexpr const char* kRefusedHelp = "Requests for pages of the operator that were refused, by reason.";

HttpResponse uncached(HttpResponse response) {
    response.fields.emplace_back("cache-control", "no-store");
    return response;
}

}  // namespace

OperatorPages::OperatorPages(HttpServer& server, MetricsApi& metrics, ControlApi& control, OperatorSettings settings)
    : metrics_{metrics},
      control_{control},
      addresses_{std::move(settings.addresses)},
      token_{digest_raw(DigestAlgorithm::sha256, {settings.token})},
      strangers_{metrics.counter("viaduct_http_operator_refused_total", kRefusedHelp, "reason=\"address\"")},
      wrong_tokens_{metrics.counter("viaduct_http_operator_refused_total", kRefusedHelp, "reason=\"token\"")} {
    routes_.push_back(server.add_route("GET", "/healthz", [](const HttpRequest&, Completion<HttpResponse> done) {
        done(uncached(HttpResponse::text(200, "ok")));
    }));
    routes_.push_back(server.add_route("GET", "/readyz", [&server](const HttpRequest&, Completion<HttpResponse> done) {
        done(uncached(server.draining() ? HttpResponse::text(503, "draining") : HttpResponse::text(200, "ready")));
    }));
    routes_.push_back(server.add_route("GET", "/metrics", [this](const auto& request, Completion<HttpResponse> done) {
        metrics_page(request, std::move(done));
    }));
    if (settings.token.empty()) return;
    routes_.push_back(server.add_route(
        "POST", "/rpc", [this](const auto& request, Completion<HttpResponse> done) { rpc(request, std::move(done)); }));
}

bool OperatorPages::is_operator(const HttpRequest& request) const {
    // The HTTP server takes these out when it trusts who wrote them.
    const bool proxied = std::any_of(request.fields.begin(), request.fields.end(), [](const auto& field) {
        return field.first == "x-forwarded-for" || field.first == "forwarded" || field.first == "x-real-ip" ||
               field.first == "via";
    });
    return !proxied && addresses_.contains(request.flow.remote);
}

bool OperatorPages::has_token(const HttpRequest& request) const {
    const std::string authorization = request.field("authorization");
    const auto blank = std::min(authorization.find(' '), authorization.size());
    if (!equal_in_any_case(std::string_view{authorization}.substr(0, blank), "bearer")) return false;
    const auto given = trim(std::string_view{authorization}.substr(blank));
    return constant_time_equal(digest_raw(DigestAlgorithm::sha256, {given}).view(), token_.view());
}

void OperatorPages::metrics_page(const HttpRequest& request, Completion<HttpResponse> done) {
    if (!is_operator(request)) {
        strangers_.add();
        return done(HttpResponse::text(403, "not from your address"));
    }
    done(uncached(
        {.status = 200, .fields = {{"content-type", kMetricsType}}, .body = metrics_text(metrics_.samples())}));
}

void OperatorPages::rpc(const HttpRequest& request, Completion<HttpResponse> done) {
    if (!is_operator(request)) {
        strangers_.add();
        return done(HttpResponse::text(403, "not from your address"));
    }
    if (!has_token(request)) {
        wrong_tokens_.add();
        HttpResponse response = HttpResponse::text(401, "a bearer token is required");
        response.fields.emplace_back("www-authenticate", "Bearer realm=\"viaduct\"");
        return done(std::move(response));
    }
    // A page of another site can send a form to us, but not this type (without asking first).
    const std::string type = request.field("content-type");
    if (!equal_in_any_case(trim(std::string_view{type}.substr(0, type.find(';'))), "application/json"))
        return done(HttpResponse::text(415, "application/json is expected"));
    control_.call(request.body, [done = std::move(done)](std::string json) mutable {
        if (json.empty()) return done(uncached({.status = 204, .fields = {}, .body = {}}));
        done(uncached({.status = 200, .fields = {{"content-type", "application/json"}}, .body = std::move(json)}));
    });
}

}  // namespace viaduct::http
