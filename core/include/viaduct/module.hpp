// viaduct/module: everything the server and a module know about each other.
//
// A module is one shared object exporting one descriptor. The server checks the API number and the build flavour, then
// constructs the module on the main thread before any worker runs. When the constructor returns, the module works;
// when the destructor returns, nothing of it is left: each Registration undoes itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <viaduct/config_section.hpp>
#include <viaduct/logger.hpp>
#include <viaduct/unique_function.hpp>

namespace viaduct {

inline constexpr unsigned kModuleApi = 6;  // raised by any change under core/include/viaduct

class ScriptApi;
class EventApi;
class ServiceApi;
class ControlApi;
class MetricsApi;
class Workers;

// What the server lends to a module. Outlives the module.
struct ModuleContext {
    const ConfigSection& config;  // the module's own [module.NAME] table
    ScriptApi& script;            // functions the Lua script may call
    EventApi& events;             // things to watch, never to steer
    ServiceApi& services;         // interfaces modules offer one another
    ControlApi& control;          // commands for the command line
    MetricsApi& metrics;          // counters and gauges
    Workers& workers;             // threads, clocks, timers
    Logger& log;                  // already tagged with the module's name
};

class Module {
public:
    virtual ~Module() = default;
    // All modules are constructed and the workers run; called once on each worker's own thread before it takes traffic.
    virtual void worker_started() {}
    // Finish what is in flight; new work no longer arrives. Bounded by [server] drain.
    virtual void drain(Completion<> done) { done(); }
};

struct ModuleDescriptor {
    unsigned api;
    const char* build;  // compiler and flavour; must equal the server's
    const char* name;
    const char* summary;
    const char* needs;   // service names this module requires or looks for, space-separated; orders construction
    const char* offers;  // service names it offers
    std::unique_ptr<Module> (*create)(ModuleContext&);
};

#define VIADUCT_STRING_(x) #x
#define VIADUCT_STRING(x) VIADUCT_STRING_(x)
#ifdef NDEBUG
#define VIADUCT_BUILD "g++ " VIADUCT_STRING(__GNUC__) "." VIADUCT_STRING(__GNUC_MINOR__) " release"
#else
#define VIADUCT_BUILD "g++ " VIADUCT_STRING(__GNUC__) "." VIADUCT_STRING(__GNUC_MINOR__) " debug"
#endif

// VIADUCT_MODULE(Type, "name", "summary", "needed services", "offered services"): exports the one symbol,
// viaduct_module.
#define VIADUCT_MODULE(Type, name, summary, needs, offers)                                               \
    extern "C" __attribute__((visibility("default"))) const ::viaduct::ModuleDescriptor viaduct_module { \
        ::viaduct::kModuleApi, VIADUCT_BUILD, name, summary, needs, offers,                              \
            [](::viaduct::ModuleContext& context) -> std::unique_ptr<::viaduct::Module> {                \
                return std::make_unique<Type>(context);                                                  \
            }                                                                                            \
    }

}  // namespace viaduct
