// node: the configuration file as a tree of values with positions, free of the TOML library.
//
// Plain values, made once by toml_reader and never changed. Members of a table keep the order of the file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::config {

struct Position {
    unsigned line = 0;  // 1-based; 0: nowhere in the file
    unsigned column = 0;
};

struct Member;

struct Node {
    enum class Kind : std::uint8_t { text, integer, number, boolean, list, table, other };

    Kind kind = Kind::table;
    Position position{};
    std::string text;  // Kind::text; Kind::other: as written (a date)
    std::int64_t integer = 0;
    double number = 0;
    bool boolean = false;
    std::vector<Node> items;      // Kind::list
    std::vector<Member> members;  // Kind::table

    bool is_table() const { return kind == Kind::table; }
    bool is_list_of_tables() const;
    // nullptr when there is no such member.
    const Member* find(std::string_view key) const;
    // As an operator would write it: "text" in quotes, [a, b], {..}.
    std::string written() const;
};

struct Member {
    std::string key;
    Position position{};
    Node value;
};

}  // namespace viaduct::config
