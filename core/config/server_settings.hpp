// server_settings: everything the server itself reads from the configuration, as typed values.
//
// Wrong values become faults of the Configuration and read as their defaults; look at faults() before using the result.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <viaduct/logger.hpp>
#include <viaduct/time.hpp>

#include "config/configuration.hpp"
#include "proxy/proxy.hpp"
#include "stack/stack.hpp"
#include "transport/network.hpp"
#include "transport/transport_layer.hpp"

namespace viaduct::config {

struct ScriptLimits {
    std::uint64_t memory = 0;        // bytes of one worker's Lua state
    std::uint64_t instructions = 0;  // of one request, between two waits
};

struct DnsSettings {
    std::vector<std::string> servers;  // "192.0.2.53" or "192.0.2.53:5353"; empty: as the system says
    Duration timeout{};                // of one attempt
    unsigned attempts = 0;
    std::uint32_t cache_entries = 0;
    Duration longest_ttl{};   // answers are kept no longer than this
    Duration negative_ttl{};  // how long a name that does not exist is remembered
};

struct TraceSettings {
    std::uint32_t calls = 0;   // watched at the same time
    std::uint32_t events = 0;  // waiting to be sent to one watcher; the oldest go first
};

struct ServerSettings {
    // [server]
    bool sip = true;                   // false: no domains, listeners and script are needed
    std::vector<std::string> domains;  // lower case
    std::string script;                // absolute path; "": none
    std::string control;               // absolute path of the socket
    std::string secret_file;           // absolute path
    std::string module_path;           // folder of the modules' shared objects
    std::string log;                   // "stderr" or an absolute path
    LogLevel log_level = LogLevel::info;
    unsigned workers = 1;       // resolved: never 0
    Duration overload_after{};  // a worker without a pause for so long refuses new calls; 0: never
    Duration drain{};           // longest wait for calls under way at shutdown
    // [[listen]], [limits], [timers], [dns], [trace]
    std::vector<transport::Listener> listeners;
    transport::TransportLimits transport;
    stack::StackSettings stack;
    proxy::ProxySettings proxy;
    ScriptLimits script_limits;
    DnsSettings dns;
    TraceSettings trace;
};

ServerSettings read_server_settings(Configuration& configuration);

// Cores this process may run on (sched_getaffinity), at least 1.
unsigned available_cores();
// The folder "modules" of the build beside this executable, or the installed lib/viaduct/modules.
std::string default_module_path();

}  // namespace viaduct::config
