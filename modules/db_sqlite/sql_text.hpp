// sql_text: what a module asks for (viaduct/database.hpp) as SQL with parameters, and its execution on a connection.
//
// Names of tables and columns are put into the text, so they must be [a-z0-9_]+ or the call throws; values are bound,
// always. No state; any thread that owns the connection.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <viaduct/database.hpp>

#include "connection.hpp"

namespace viaduct::db_sqlite {

std::string sql_of(const Select& query);
std::string sql_of(const Change& change);

// Rows one by one; the row may be moved from.
void run_select(Connection& connection, const Select& query, UniqueFunction<void(DatabaseRow&)>& row);
DatabaseRows run_select(Connection& connection, const Select& query);
// Returns the number of rows touched. Opens no transaction.
std::uint64_t run_change(Connection& connection, const Change& change);

}  // namespace viaduct::db_sqlite
