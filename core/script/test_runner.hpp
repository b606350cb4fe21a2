// test_runner: `viaduct test`: runs an operator's test files against the operator's script.
//
//   test("a busy phone sends the caller to voicemail", function(t)
//     local alice, bob = t:phone("alice"), t:phone("bob")
//     ...
//   end)
//
// Each test gets a fresh server. Prints one line a test and "N passed, M failed". Single-threaded; nothing waits for
// real time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "script/test_bench.hpp"

namespace viaduct::script {

// `paths`: files, or folders that are searched for *_test.lua. Returns the exit status: 0 when all passed, 1 when one
// failed, 2 when there was nothing to run or a file could not be loaded.
int run_script_tests(const std::vector<std::string>& paths, const std::string& script, MakeTestBench make_bench,
                     std::ostream& output);

}  // namespace viaduct::script
