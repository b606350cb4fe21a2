// sql_text: what a module asks for (viaduct/database.hpp) as MariaDB's SQL.
//
// Names of tables and columns must be [a-z0-9_]+ or the call throws. Values are escaped by the client library and stand
// in quotes, always; text that is not UTF-8 is taken as Latin-1, so that one phone's odd bytes do not make the server
// refuse a statement that carries other phones' rows. Texts are compared byte by byte, whatever collation a column has.
// No state; any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <viaduct/database.hpp>

#include "time_text.hpp"

namespace viaduct::db_mariadb {

std::string quoted_name(std::string_view name);
std::string quoted_names(const std::vector<std::string>& columns);
void append_value(std::string& sql, const DatabaseValue& value, TimeZone zone);

std::string sql_of(const Select& query, TimeZone zone);
std::string sql_of(const Change& change, TimeZone zone);

// Of many rows at once. `rows` are the values, in the order of the first one's columns.
using Values = std::vector<const std::vector<ColumnValue>*>;
// SELECT columns and then the key columns of all rows whose key is one of these; texts may match by collation only.
std::string sql_of_many(const Select& shape, const Values& keys, TimeZone zone);
std::string sql_of_many(const Upsert& shape, const Values& rows, TimeZone zone);
// ... RETURNING the key columns of the rows that went.
std::string sql_of_many(const Delete& shape, const Values& keys, TimeZone zone);

// Whether keys with these values may be asked for together: no NULL, no reals, no times.
bool is_plain_key(const std::vector<ColumnValue>& key);
// One text per key, the same for a key that is given and the one that comes back.
std::string key_text(const std::vector<ColumnValue>& key);
std::string key_text(const DatabaseRow& row, std::size_t first, std::size_t count);

}  // namespace viaduct::db_mariadb
