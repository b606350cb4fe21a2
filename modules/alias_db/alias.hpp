// alias: the question to table `dbaliases` (Kamailio's layout 1) and what its answer means.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <viaduct/database.hpp>
#include <viaduct/uri.hpp>

namespace viaduct::alias_db {

// nullopt for a URI that cannot be an alias: not SIP, or without a user.
std::optional<Select> alias_query(const Uri& uri);
// Whose alias it is: scheme as in `uri`, user and host from the first row, nothing else. nullopt when it is none.
std::optional<Uri> aliased(const Uri& uri, const DatabaseRows& rows);

}  // namespace viaduct::alias_db
