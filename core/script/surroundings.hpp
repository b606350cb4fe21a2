// surroundings: what a script's state is given by the server. Outlives every state made with it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <viaduct/domains.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/shared_store.hpp>
#include <viaduct/workers.hpp>

#include "script/script_registry.hpp"

namespace viaduct::script {

struct Limits {
    std::uint64_t memory = 256ULL * 1024 * 1024;  // bytes of one worker's Lua state
    std::uint64_t instructions = 10'000'000;      // of one request, between two waits
};

struct Surroundings {
    Workers& workers;
    ScriptRegistry& registry;
    SharedStore& shared;
    MetricsApi& metrics;
    std::vector<std::string> domains;  // [server] domains, lower case
    std::string version;
    unsigned worker = 0;
    Limits limits{};
    const Domains* more_domains = nullptr;  // those a module knows
    bool shared_waits = false;              // scripts may use `shared` only where they can wait
};

}  // namespace viaduct::script
