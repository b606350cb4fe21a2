// problem: see problem.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "problem.hpp"

#include <algorithm>
#include <array>

namespace viaduct::db_mariadb {

namespace {

struct Known {
    unsigned number;
    DatabaseErrc code;
    Extent extent;
};

// Server numbers as in MariaDB's list of error codes; sorted.
constexpr std::array kKnown{
    Known{3, DatabaseErrc::disk_full, Extent::statement},        // error writing file
    Known{1021, DatabaseErrc::disk_full, Extent::statement},     // disk full
    Known{1026, DatabaseErrc::disk_full, Extent::statement},     // error writing file
    Known{1040, DatabaseErrc::unavailable, Extent::node},        // too many connections
    Known{1044, DatabaseErrc::unavailable, Extent::node},        // access to this database denied
    Known{1045, DatabaseErrc::unavailable, Extent::node},        // access denied
    Known{1046, DatabaseErrc::schema, Extent::statement},        // no database selected
    Known{1047, DatabaseErrc::unavailable, Extent::node},        // Galera: not ready for application use
    Known{1048, DatabaseErrc::constraint, Extent::statement},    // column cannot be null
    Known{1049, DatabaseErrc::unavailable, Extent::node},        // unknown database
    Known{1053, DatabaseErrc::unavailable, Extent::node},        // server shutdown in progress
    Known{1054, DatabaseErrc::schema, Extent::statement},        // unknown column
    Known{1062, DatabaseErrc::constraint, Extent::statement},    // duplicate entry
    Known{1114, DatabaseErrc::disk_full, Extent::statement},     // the table is full
    Known{1129, DatabaseErrc::unavailable, Extent::node},        // host is blocked
    Known{1130, DatabaseErrc::unavailable, Extent::node},        // host is not allowed to connect
    Known{1142, DatabaseErrc::schema, Extent::statement},        // command denied on a table
    Known{1143, DatabaseErrc::schema, Extent::statement},        // ... on a column
    Known{1146, DatabaseErrc::schema, Extent::statement},        // table does not exist
    Known{1153, DatabaseErrc::constraint, Extent::connection},   // packet bigger than max_allowed_packet
    Known{1180, DatabaseErrc::failed, Extent::transaction},      // error during COMMIT
    Known{1203, DatabaseErrc::unavailable, Extent::node},        // too many connections of this user
    Known{1205, DatabaseErrc::timeout, Extent::statement},       // lock wait timeout
    Known{1213, DatabaseErrc::timeout, Extent::transaction},     // deadlock; Galera: certification failed
    Known{1264, DatabaseErrc::constraint, Extent::statement},    // out of range
    Known{1290, DatabaseErrc::unavailable, Extent::node},        // server runs with --read-only
    Known{1300, DatabaseErrc::constraint, Extent::statement},    // invalid character string
    Known{1317, DatabaseErrc::timeout, Extent::statement},       // query execution was interrupted
    Known{1366, DatabaseErrc::constraint, Extent::statement},    // incorrect value
    Known{1406, DatabaseErrc::constraint, Extent::statement},    // data too long
    Known{1451, DatabaseErrc::constraint, Extent::statement},    // foreign key
    Known{1452, DatabaseErrc::constraint, Extent::statement},    // foreign key
    Known{1792, DatabaseErrc::unavailable, Extent::node},        // read-only transaction
    Known{1836, DatabaseErrc::unavailable, Extent::node},        // running in read-only mode
    Known{1927, DatabaseErrc::unavailable, Extent::connection},  // connection was killed
    Known{1969, DatabaseErrc::timeout, Extent::statement},       // max_statement_time exceeded
    Known{4025, DatabaseErrc::constraint, Extent::statement},    // CONSTRAINT failed
};

bool is_client_number(unsigned number) { return number >= 2000 && number < 3000; }

}  // namespace

Problem problem_of(unsigned number, std::string words) {
    const auto* known = std::lower_bound(kKnown.begin(), kKnown.end(), number,
                                         [](const Known& one, unsigned wanted) { return one.number < wanted; });
    if (known != kKnown.end() && known->number == number) return {known->code, known->extent, number, std::move(words)};
    if (is_client_number(number)) return {DatabaseErrc::unavailable, Extent::connection, number, std::move(words)};
    // "Got error 28 ... from storage engine": errno ENOSPC.
    if (number == 1030 && words.find("error 28 ") != std::string::npos)
        return {DatabaseErrc::disk_full, Extent::statement, number, std::move(words)};
    return {DatabaseErrc::failed, Extent::statement, number, std::move(words)};
}

Problem too_late() {
    return {DatabaseErrc::timeout, Extent::connection, 0, make_error_code(DatabaseErrc::timeout).message()};
}

}  // namespace viaduct::db_mariadb
