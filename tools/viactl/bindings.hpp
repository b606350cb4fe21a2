// bindings: what `ul show` prints: bindings as registrar.show answers them, or read from table `location`.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <viaduct/database.hpp>

namespace viaduct::viactl {

// The columns that binding_of_row() expects, in order.
std::vector<std::string> location_columns();
// {"aor","contact","expires","q","received","user_agent","instance"} as in registrar.show: `expires` in seconds from
// `now`, 0 for never. nullopt when it has expired.
std::optional<nlohmann::json> binding_of_row(const DatabaseRow& row, const std::string& default_domain,
                                             std::int64_t now);

// Sorted by address of record. `brief`: only who is reachable where.
std::string bindings_text(nlohmann::json bindings, bool brief = false);

}  // namespace viaduct::viactl
