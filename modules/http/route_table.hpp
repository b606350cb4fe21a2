// route_table: which handler answers a request (RFC 9110 section 15.5.6 for a method that has none).
//
// Filled while modules are constructed; read by all workers without a lock; emptied when none runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <viaduct/http_service.hpp>

namespace viaduct::http {

class RouteTable {
public:
    // Throws std::logic_error when method and path are taken.
    Registration add(std::string_view method, std::string_view path, HttpService::Handler handler);

    struct Found {
        HttpService::Handler* handler = nullptr;
        std::string allow;  // no handler, but these methods have one: 405
    };
    // The longest path that matches decides; HEAD is answered by GET's handler (RFC 9110 section 9.3.2).
    Found find(std::string_view method, std::string_view path) const;

private:
    using Methods = std::map<std::string, std::unique_ptr<HttpService::Handler>, std::less<>>;
    const Methods* longest_match(std::string_view path) const;

    std::map<std::string, Methods, std::less<>> paths_;
};

}  // namespace viaduct::http
