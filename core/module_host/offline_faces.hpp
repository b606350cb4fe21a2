// offline_faces: what a module is lent by a tool that has no server: registrations go nowhere, there is one worker that
// never runs.
//
// For viactl and tests that want a database module's blocking calls (Database::*_now, DatabaseAdmin).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/control_api.hpp>
#include <viaduct/event_api.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/workers.hpp>

#include "base/metrics.hpp"
#include "module_host/module_host.hpp"
#include "module_host/service_registry.hpp"

namespace viaduct::module_host {

class OfflineFaces final : private ScriptApi, private EventApi, private ControlApi, private Workers {
public:
    OfflineFaces() = default;
    ServiceRegistry& services() { return services_; }
    Faces faces();

private:
    Registration add_raw(std::string_view, std::string_view, ScriptFunction) override { return {}; }
    std::unique_ptr<ScriptHook> add_hook(std::string_view, std::string_view) override { return {}; }
    Registration on_connection_closed(UniqueFunction<void(const ConnectionClosed&)>) override { return {}; }
    Registration on_keep_alive(UniqueFunction<void(const Flow&)>) override { return {}; }
    Registration add(std::string_view, std::string_view, std::string_view, ControlMethod) override { return {}; }
    void call(std::string, Completion<std::string>) override {}

    unsigned count() const override { return 1; }
    unsigned current() const override { return 0; }
    bool on_worker() const override { return false; }
    unsigned owner(std::string_view) const override { return 0; }
    void post(unsigned, UniqueFunction<void()>) override {}
    OutstandingWork outstanding_work() override { return {}; }
    TimePoint now() const override;
    WallTime wall_now() const override;
    Registration after(Duration, UniqueFunction<void()>) override { return {}; }
    std::unique_ptr<DescriptorWatch> watch(int) override { return {}; }

    ServiceRegistry services_;
    Metrics metrics_;
};

}  // namespace viaduct::module_host
