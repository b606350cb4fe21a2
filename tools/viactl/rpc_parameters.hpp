// rpc_parameters: parameters of `viactl rpc` as one types them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace viaduct::viactl {

// One JSON object ('{"user":"alice"}'), or words: key=text, key:=JSON ("count:=5", "full:=true"). Throws CommandError
// (usage).
nlohmann::json parse_rpc_parameters(const std::vector<std::string>& words);

}  // namespace viaduct::viactl
