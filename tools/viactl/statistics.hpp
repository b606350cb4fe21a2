// statistics: choosing and printing what server.stats answers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace viaduct::viactl {

// Counters and gauges whose name starts with `prefix`, with or without "viaduct_" in front; sorted by name and labels.
// [{"name","labels","help","value","kind":"counter"|"gauge"}]
nlohmann::json select_statistics(const nlohmann::json& answer, std::string_view prefix);

// One line each. Those that are zero are left out, and counted at the end, unless `all`.
std::string statistics_text(const nlohmann::json& samples, bool all);

}  // namespace viaduct::viactl
