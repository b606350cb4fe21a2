// sql_frames: see sql_frames.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "sql_frames.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "sql_text.hpp"

namespace viaduct::db_mariadb {

namespace {

constexpr std::size_t kMostShapes = 8;

bool same_columns(const std::vector<std::string>& names, const std::vector<ColumnValue>& columns) {
    return std::equal(names.begin(), names.end(), columns.begin(), columns.end(),
                      [](const std::string& name, const ColumnValue& column) { return name == column.column; });
}

std::vector<std::string> columns_of(const std::vector<ColumnValue>& columns) {
    std::vector<std::string> names;
    for (const ColumnValue& one : columns) names.push_back(one.column);
    return names;
}

struct UpsertFrame : SqlFrame {
    explicit UpsertFrame(const Upsert& shape) : table{shape.table}, columns{columns_of(shape.row)}, key{shape.key} {
        before = "INSERT INTO " + quoted_name(table) + " (" + quoted_names(columns) + ") VALUES ";
        after = " ON DUPLICATE KEY UPDATE " + changes();
    }

    bool fits(const Upsert& shape) const {
        return shape.table == table && shape.key == key && same_columns(columns, shape.row);
    }

    std::string changes() const {
        std::string set;
        for (const std::string& column : columns) {
            if (std::find(key.begin(), key.end(), column) != key.end()) continue;
            if (!set.empty()) set += ", ";
            const std::string name = quoted_name(column);
            set += name + " = VALUES(" + name + ")";
        }
        if (!set.empty()) return set;
        // Nothing but a key: there is nothing to change, and no error either.
        const std::string name = quoted_name(key.at(0));
        return name + " = " + name;
    }

    std::string table;
    std::vector<std::string> columns, key;
};

struct SelectFrame : SqlFrame {
    explicit SelectFrame(const Select& shape)
        : table{shape.table}, columns{shape.columns}, key{columns_of(shape.where)} {
        const std::string names = quoted_names(key);
        // A row of one column is no row: (c) IN ('a','b').
        const std::string compared = key.size() == 1 ? names : "(" + names + ")";
        before = "SELECT " + quoted_names(columns) + ", " + names + " FROM " + quoted_name(table) + " WHERE " +
                 compared + " IN (";
        after = ")";
    }

    bool fits(const Select& shape) const {
        return shape.table == table && shape.columns == columns && same_columns(key, shape.where);
    }

    std::string table;
    std::vector<std::string> columns, key;
};

template <class Frame, class Shape>
const SqlFrame& remembered(const Shape& shape) {
    thread_local std::vector<Frame> frames;
    const auto known =
        std::find_if(frames.begin(), frames.end(), [&](const Frame& frame) { return frame.fits(shape); });
    if (known != frames.end()) return *known;
    Frame frame{shape};  // throws for a name that is none
    if (frames.size() == kMostShapes) frames.erase(frames.begin());
    return frames.emplace_back(std::move(frame));
}

}  // namespace

const SqlFrame& frame_of(const Upsert& shape) { return remembered<UpsertFrame>(shape); }
const SqlFrame& frame_of(const Select& shape) { return remembered<SelectFrame>(shape); }

}  // namespace viaduct::db_mariadb
