// operator_pages: what the people who run the server ask it: /healthz, /readyz, /metrics, /rpc.
//
// /metrics and /rpc answer addresses of a list only, /rpc a bearer token besides (RFC 6750). A request that came
// through a proxy nobody trusts is no operator's, whatever its address. Const after construction; any worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <viaduct/address_ranges.hpp>
#include <viaduct/control_api.hpp>
#include <viaduct/digest.hpp>
#include <viaduct/http_service.hpp>
#include <viaduct/metrics_api.hpp>

namespace viaduct::http {

class HttpServer;

struct OperatorSettings {
    AddressRanges addresses;
    std::string token;  // "": no /rpc
};

class OperatorPages {
public:
    OperatorPages(HttpServer& server, MetricsApi& metrics, ControlApi& control, OperatorSettings settings);

private:
    void metrics_page(const HttpRequest& request, Completion<HttpResponse> done);
    void rpc(const HttpRequest& request, Completion<HttpResponse> done);
    bool is_operator(const HttpRequest& request) const;
    bool has_token(const HttpRequest& request) const;

    MetricsApi& metrics_;
    ControlApi& control_;
    const AddressRanges addresses_;
    const RawDigest token_;  // hashed, so that comparing tells nothing of its length either
    Counter& strangers_;
    Counter& wrong_tokens_;
    std::vector<Registration> routes_;
};

}  // namespace viaduct::http
