// table: columns for people. Widths count characters, not bytes; the last column is not padded.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace viaduct::viactl {

class Table {
public:
    enum class Align { left, right };
    struct Column {
        std::string title;
        Align align = Align::left;
    };
    explicit Table(std::vector<Column> columns) : columns_{std::move(columns)} {}

    // As many cells as columns. Control characters are shown as '?': what a phone sent cannot steer the terminal.
    void add(std::vector<std::string> cells);
    bool empty() const { return rows_.empty(); }
    // Title line and rows, each ending with a newline.
    std::string text() const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

// Characters of UTF-8 text.
std::size_t display_width(std::string_view text);
// The text with control characters replaced by '?'.
std::string printable(std::string_view text);

}  // namespace viaduct::viactl
