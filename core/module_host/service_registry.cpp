// service_registry: see service_registry.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "module_host/service_registry.hpp"

#include <fmt/format.h>

#include <viaduct/config_section.hpp>

namespace viaduct::module_host {

Registration ServiceRegistry::offer_raw(std::string_view name, void* service) {
    const auto [entry, added] = services_.emplace(std::string{name}, service);
    if (!added) throw ConfigError{fmt::format("two modules offer the service '{}'; load one of them only", name)};
    return Registration{[this, key = entry->first] { services_.erase(key); }};
}

void* ServiceRegistry::require_raw(std::string_view name) {
    void* service = find_raw(name);
    if (service == nullptr) {
        throw ConfigError{
            fmt::format("no loaded module offers the service '{}'; add a [module.NAME] table of one that does", name)};
    }
    return service;
}

void* ServiceRegistry::find_raw(std::string_view name) {
    const auto found = services_.find(name);
    return found == services_.end() ? nullptr : found->second;
}

}  // namespace viaduct::module_host
