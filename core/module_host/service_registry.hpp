// service_registry: who offers which service. Start-up and shutdown only, one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include <viaduct/service_api.hpp>

namespace viaduct::module_host {

class ServiceRegistry final : public ServiceApi {
protected:
    Registration offer_raw(std::string_view name, void* service) override;
    void* require_raw(std::string_view name) override;
    void* find_raw(std::string_view name) override;

private:
    std::map<std::string, void*, std::less<>> services_;
};

}  // namespace viaduct::module_host
