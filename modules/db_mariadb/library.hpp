// library: MariaDB Connector/C, made ready once in a process; it does not do that by itself before everything we call.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace viaduct::db_mariadb {

// Thread-safe, and cheap after the first time. Throws std::runtime_error.
void use_library();

}  // namespace viaduct::db_mariadb
