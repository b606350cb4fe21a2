// client_tool: runs mariadb-dump and mariadb, the tools that come with the database, for `viactl db backup` and
// restore.
//
// The password reaches them in a file that only this user can read and that is gone afterwards, never in the arguments.
// Command line only: waits for the tool. Throws std::runtime_error with the tool's own words.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "client.hpp"

namespace viaduct::db_mariadb {

// A consistent copy of the whole database as SQL in `file`, which is written anew.
void dump_database(const Host& host, const ClientOptions& options, const std::string& database,
                   const std::string& file);
// Whether the file is one that dump_database() wrote to its end.
bool is_whole_dump(const std::string& file);
// Runs the SQL of `file` in that database.
void load_dump(const Host& host, const ClientOptions& options, const std::string& database, const std::string& file);

}  // namespace viaduct::db_mariadb
