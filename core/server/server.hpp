// server: one Viaduct: settings, services, modules, engines, listeners, script, in the order of construction.
//
// Constructed and destroyed on the main thread while no worker runs. After construction the listeners are open and the
// script is loaded; messages are handled once the environment turns the workers. Throws ConfigError with everything
// that is wrong, a line each.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <viaduct/client_api.hpp>

#include "base/metrics.hpp"
#include "config/configuration.hpp"
#include "config/server_settings.hpp"
#include "control/control_registry.hpp"
#include "control/trace_hub.hpp"
#include "module_host/module_host.hpp"
#include "module_host/service_registry.hpp"
#include "script/local_store.hpp"
#include "script/script_engine.hpp"
#include "script/script_registry.hpp"
#include "server/closed_connections.hpp"
#include "server/engine.hpp"
#include "server/environment.hpp"
#include "server/event_hub.hpp"
#include "server/own_listeners.hpp"
#include "server/worker_pool.hpp"

namespace viaduct::server {

class Server {
public:
    struct Options {
        std::vector<transport::Listener> listeners;  // instead of [[listen]]; simulation
        unsigned workers = 0;                        // instead of [server] workers; 0: as configured
        std::uint64_t dialog_secret = 0;             // see ProxySettings; 0: any
        bool run = true;  // false: everything but engines and listeners, for `check` and `stubs`
    };
    Server(config::Configuration configuration, Environment& environment)
        : Server{std::move(configuration), environment, Options{}} {}
    Server(config::Configuration configuration, Environment& environment, Options options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    WorkerPool& workers() { return *workers_; }
    Metrics& metrics() { return metrics_; }
    control::ControlRegistry& control() { return control_; }
    const config::ServerSettings& settings() const { return settings_; }
    config::Configuration& configuration() { return configuration_; }
    module_host::ServiceRegistry& services() { return services_; }
    const script::ScriptRegistry& script_registry() const { return script_registry_; }
    Engine& engine(unsigned worker) { return *engines_[worker]; }
    TimePoint started() const { return started_; }

    // First thing on each worker's own thread.
    void worker_started(unsigned worker);
    // New script for new requests; those under way finish on the old one. Worker 0; `done` there, too, with what is
    // wrong with the script, empty when it is in force everywhere.
    void reload(Completion<std::vector<std::string>> done);
    // No new work; `done` on worker 0 when requests under way have ended or the drain time has passed. Worker 0.
    void drain(Completion<> done);

    // `done` on the calling worker, with one entry for each worker in order.
    void status(Completion<std::vector<WorkerStatus>> done);
    std::vector<module_host::ModuleHost::Loaded> modules() const { return modules_->modules(); }

private:
    class WorkerClient;  // ClientApi that uses the current worker's proxy

    using CompiledPtr = std::shared_ptr<const script::CompiledScript>;  // shared by all workers' engines

    void read_and_load();
    void load_modules();
    void check_script();
    void check_listeners();
    void start_engines();
    script::Surroundings surroundings(unsigned worker);
    std::unique_ptr<script::ScriptEngine> script_engine(unsigned worker, const CompiledPtr& compiled);
    void drained(const std::shared_ptr<Completion<>>& done, const std::shared_ptr<bool>& modules_busy,
                 TimePoint deadline);

    config::Configuration configuration_;
    config::ServerSettings settings_;
    Environment& environment_;
    const TimePoint started_;
    Logger log_{"server"};
    Metrics metrics_;
    control::ControlRegistry control_;
    EventHub events_;
    script::ScriptRegistry script_registry_;
    ClosedConnections closed_connections_{script_registry_};
    module_host::ServiceRegistry services_;
    std::unique_ptr<WorkerPool> workers_;
    std::unique_ptr<script::LocalStore> local_store_;
    SharedStore* shared_ = nullptr;  // the local one, or that of a module
    bool shared_waits_ = false;
    std::unique_ptr<control::TraceHub> trace_;
    std::unique_ptr<WorkerClient> client_;
    std::unique_ptr<OwnListeners> listeners_;
    Registration client_service_, listeners_service_;
    transport::StreamServices streams_;
    std::vector<std::unique_ptr<Engine>> engines_;
    std::unique_ptr<module_host::ModuleHost> modules_;
    std::vector<Registration> media_methods_;
    Registration drain_timer_;
};

}  // namespace viaduct::server
