// sql_frames: what all statements of one shape have in common, composed once.
//
// A server writes rows of a handful of shapes, thousands of times a second: only the values differ. A thread remembers
// the shapes it met last; a frame is good until its next call.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <viaduct/database.hpp>

namespace viaduct::db_mariadb {

struct SqlFrame {
    std::string before, after;  // the rows, or the keys
};

// INSERT INTO t (columns) VALUES ... ON DUPLICATE KEY UPDATE ...
const SqlFrame& frame_of(const Upsert& shape);
// SELECT columns, key FROM t WHERE (key) IN (...)
const SqlFrame& frame_of(const Select& shape);

}  // namespace viaduct::db_mariadb
