// control_methods: dialog.list and dialog.show: the calls of all workers, gathered.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include <viaduct/control_api.hpp>
#include <viaduct/workers.hpp>

#include "calls.hpp"

namespace viaduct::dialog {

// `here`: the calls of the worker it is called on. All must outlive the registrations.
void add_control_methods(std::vector<Registration>& registrations, ControlApi& control, Workers& workers,
                         std::function<const Calls&()> here);

}  // namespace viaduct::dialog
