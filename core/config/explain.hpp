// explain: the declared keys for people and for programs (`viactl config explain`).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "config/toml_section.hpp"

namespace viaduct::config {

// One block per section: key = value in force, then type, default and help.
std::string explain_text(const std::vector<DeclaredKey>& keys);
// [{"section","key","type","default","value","help","line"}]; line 0: not in the file. The reply of config.explain.
nlohmann::json explain_json(const std::vector<DeclaredKey>& keys);

}  // namespace viaduct::config
