// request_validation: see request_validation.hpp. One function per step.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/request_validation.hpp"

#include <algorithm>

#include "proxy/loop_detection.hpp"
#include "sip/text.hpp"

namespace viaduct::proxy {
namespace {

// The option tags of that header field that we do not support, as an Unsupported value; "" when there is none.
std::string unsupported(const Message& request, HeaderId id, const std::vector<std::string>& supported) {
    std::string list;
    if (!request.has(id)) return list;
    for (const std::string_view tag : request.values(id)) {
        const auto is_tag = [tag](const std::string& one) { return sip::equal_ignoring_case(one, tag); };
        if (std::any_of(supported.begin(), supported.end(), is_tag)) continue;
        if (!list.empty()) list += ", ";
        list += tag;
    }
    return list;
}

std::optional<Response> bad_extension(const Message& request, HeaderId id, const std::vector<std::string>& supported) {
    const std::string list = unsupported(request, id, supported);
    if (list.empty()) return std::nullopt;
    return Response{420}.with("Unsupported", list);
}

std::optional<Response> check_scheme(const Uri& uri) {
    if (uri.scheme() == Uri::Scheme::other) return Response{416};
    return std::nullopt;
}

std::optional<Response> check_max_forwards(const Message& request, const Uri& uri, const OwnNames& names) {
    if (request.max_forwards() != 0U) return std::nullopt;
    if (request.method() == Method::options && uri.user().empty() && names.leads_here(uri)) return std::nullopt;
    return Response{483};
}

}  // namespace

std::optional<Response> validate_request(const Message& request, std::uint64_t hash, const ValidationRules& rules) {
    const auto uri = request.request_uri();
    if (!uri) return Response{400, "Bad Request-URI"};
    if (auto refusal = check_scheme(*uri)) return refusal;
    if (auto refusal = check_max_forwards(request, *uri, rules.names)) return refusal;
    if (is_loop(request, hash, rules.names)) return Response{482};
    return bad_extension(request, HeaderId::proxy_require, rules.supported);
}

std::optional<Response> validate_require(const Message& request, const std::vector<std::string>& supported) {
    return bad_extension(request, HeaderId::require, supported);
}

}  // namespace viaduct::proxy
