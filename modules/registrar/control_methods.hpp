// control_methods: registrar.show, .add, .remove and .count for `viactl ul` and JSON-RPC; shapes in README.md.
//
// Run on worker 0.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <viaduct/control_api.hpp>
#include <viaduct/registration.hpp>
#include <viaduct/workers.hpp>

#include "registrar.hpp"

namespace viaduct::registrar {

std::vector<Registration> add_control_methods(ControlApi& control, Registrar& registrar, Workers& workers);

}  // namespace viaduct::registrar
