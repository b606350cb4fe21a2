// control_methods: dispatcher.dump and dispatcher.set: how destinations stand, and the operator's word about one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include <viaduct/control_api.hpp>
#include <viaduct/logger.hpp>
#include <viaduct/workers.hpp>

#include "destination_sets.hpp"

namespace viaduct::dispatcher {

// `sets`: the table in force, asked for on worker 0. All must outlive the registrations.
void add_control_methods(std::vector<Registration>& registrations, ControlApi& control, Workers& workers,
                         const Logger& log, std::function<const DestinationSets&()> sets);

}  // namespace viaduct::dispatcher
