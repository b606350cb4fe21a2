// reading: table `dispatcher` of the database, made into sets.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/database.hpp>
#include <viaduct/logger.hpp>

#include "destination_sets.hpp"
#include "standings.hpp"

namespace viaduct::dispatcher {

// Rows that cannot be used are left out, with a line in the log. Any thread, one call at a time; blocks; throws
// std::runtime_error.
DestinationSets read_sets(Database& database, Standings& standings, const Logger& log);

}  // namespace viaduct::dispatcher
