// reply: what a statement brought back.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <variant>

#include <viaduct/database.hpp>

#include "problem.hpp"

namespace viaduct::db_mariadb {

struct Reply {
    DatabaseRows rows;
    std::uint64_t changed = 0;  // rows, as the server counts them
};

using Outcome = std::variant<Reply, Problem>;

}  // namespace viaduct::db_mariadb
