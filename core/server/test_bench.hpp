// test_bench: the simulated server behind `viaduct test` (core/script/test_bench.hpp).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "script/test_bench.hpp"

namespace viaduct::server {

// `configuration`: the operator's file, whose modules, domains and limits the test server has; its listeners and its
// database are the simulation's own.
std::unique_ptr<script::TestBench> make_test_bench(const std::string& configuration, const std::string& script);

}  // namespace viaduct::server
