// require: what a fuzz target insists on. A broken promise aborts, and the fuzzer keeps the input.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <string_view>

namespace viaduct::fuzz {

inline void require(bool holds) {
    if (!holds) std::abort();
}

inline bool inside(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace viaduct::fuzz
