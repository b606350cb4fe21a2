// viaduct/service_api: interfaces modules offer one another.
//
// A service interface is an abstract class in core/include/viaduct with `static constexpr const char* kServiceName`.
// Modules are constructed in dependency order (providers first, by what each descriptor `needs`), so a reference from
// require() outlives its holder. Construction time only; not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <viaduct/registration.hpp>

namespace viaduct {

class ServiceApi {
public:
    virtual ~ServiceApi() = default;

    template <class Service>
    Registration offer(Service& service) {
        return offer_raw(Service::kServiceName, static_cast<void*>(&service));
    }
    // Throws ConfigError naming the modules that could offer it when nobody does.
    template <class Service>
    Service& require() {
        return *static_cast<Service*>(require_raw(Service::kServiceName));
    }
    template <class Service>
    Service* find() {
        return static_cast<Service*>(find_raw(Service::kServiceName));
    }

protected:
    virtual Registration offer_raw(std::string_view name, void* service) = 0;
    virtual void* require_raw(std::string_view name) = 0;
    virtual void* find_raw(std::string_view name) = 0;
};

}  // namespace viaduct
