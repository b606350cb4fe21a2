// rows: reading a database row by column, whatever type the database gave the value.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <viaduct/database.hpp>

namespace viaduct::viactl {

// "" for NULL, and for a column that is not there.
inline std::string text_at(const DatabaseRow& row, std::size_t column) {
    const auto* text = column < row.size() ? std::get_if<std::string>(&row[column]) : nullptr;
    return text == nullptr ? std::string{} : *text;
}

// 0 for what is no integer.
inline std::int64_t number_at(const DatabaseRow& row, std::size_t column) {
    const auto* number = column < row.size() ? std::get_if<std::int64_t>(&row[column]) : nullptr;
    return number == nullptr ? 0 : *number;
}

// For columns last_modified.
inline DatabaseValue this_moment() {
    return DatabaseTime{std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())};
}

}  // namespace viaduct::viactl
