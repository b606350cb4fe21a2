// nearest_name: "did you mean": the known name that an unknown one was probably meant to be.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::script {

// By edit distance (a swap of neighbours counts once, a beginning of the word too); nullopt when nothing is near. Ties:
// the first.
std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& known);
// " (did you mean 'lookup'?)", or "".
std::string suggestion(std::string_view name, const std::vector<std::string>& known);

}  // namespace viaduct::script
