// library: see library.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "library.hpp"

#include <stdexcept>

#include <mysql.h>

namespace viaduct::db_mariadb {

void use_library() {
    static const int failed = ::mysql_library_init(0, nullptr, nullptr);
    if (failed != 0) throw std::runtime_error{"the MariaDB client library cannot be initialised"};
}

}  // namespace viaduct::db_mariadb
