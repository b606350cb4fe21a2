// module_host: opens the configured modules, constructs them in the order of what they need, destroys them in reverse.
//
// Which modules there are is decided by the [module.NAME] tables alone. Start-up and shutdown run on one thread;
// worker_started() on each worker's own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <viaduct/module.hpp>

#include "module_host/module_library.hpp"

namespace viaduct::module_host {

// What the host lends to every module; outlives the host.
struct Faces {
    std::function<ScriptApi&(const std::string& module)> script;
    EventApi& events;
    ServiceApi& services;
    ControlApi& control;
    MetricsApi& metrics;
    Workers& workers;
};

struct ModuleTable {
    std::string name;
    const ConfigSection& config;  // outlives the host
};

class ModuleHost {
public:
    ModuleHost(Faces faces, std::string folder);
    ~ModuleHost();  // destroys the modules, last constructed first
    ModuleHost(const ModuleHost&) = delete;
    ModuleHost& operator=(const ModuleHost&) = delete;

    // Opens all, orders them by `needs` and `offers`, constructs them. Throws ConfigError naming the module; what was
    // constructed until then stays until the host is destroyed.
    void load(const std::vector<ModuleTable>& tables);
    // Of those tables only the modules that offer `service`: for tools that want the database without a server.
    void load_offering(const std::vector<ModuleTable>& tables, const std::string& service);

    void worker_started();          // on each worker
    void drain(Completion<> done);  // on worker 0; `done` when every module has drained
    struct Loaded {
        std::string name, summary;
    };
    std::vector<Loaded> modules() const;  // in order of construction

private:
    struct Entry;
    void construct(std::vector<std::unique_ptr<Entry>> entries);
    std::unique_ptr<Entry> open(const ModuleTable& table);

    Faces faces_;
    std::string folder_;
    std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace viaduct::module_host
