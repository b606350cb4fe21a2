// route_table: see route_table.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "route_table.hpp"

#include <stdexcept>

namespace viaduct::http {

Registration RouteTable::add(std::string_view method, std::string_view path, HttpService::Handler handler) {
    auto& methods = paths_[std::string{path}];
    const auto [place, added] = methods.emplace(method, std::make_unique<HttpService::Handler>(std::move(handler)));
    if (!added) throw std::logic_error{"two handlers for " + place->first + " " + std::string{path}};
    return Registration{[this, path = std::string{path}, method = place->first] {
        const auto found = paths_.find(path);
        found->second.erase(method);
        if (found->second.empty()) paths_.erase(found);
    }};
}

const RouteTable::Methods* RouteTable::longest_match(std::string_view path) const {
    if (const auto exact = paths_.find(path); exact != paths_.end()) return &exact->second;
    for (auto slash = path.rfind('/'); slash != std::string_view::npos; slash = path.rfind('/', slash - 1)) {
        if (const auto found = paths_.find(path.substr(0, slash + 1)); found != paths_.end()) return &found->second;
        if (slash == 0) break;
    }
    return nullptr;
}

RouteTable::Found RouteTable::find(std::string_view method, std::string_view path) const {
    const Methods* methods = longest_match(path);
    if (methods == nullptr) return {};
    auto found = methods->find(method);
    if (found == methods->end() && method == "HEAD") found = methods->find(std::string_view{"GET"});
    if (found != methods->end()) return {found->second.get(), {}};
    Found none;
    for (const auto& [name, handler] : *methods) {
        if (!none.allow.empty()) none.allow += ", ";
        none.allow += name == "GET" ? "GET, HEAD" : name;
    }
    return none;
}

}  // namespace viaduct::http
