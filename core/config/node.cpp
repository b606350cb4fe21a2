// node: looking into the tree of a configuration file.
// SPDX-License-Identifier: Apache-2.0
#include "config/node.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace viaduct::config {

bool Node::is_list_of_tables() const {
    return kind == Kind::list && !items.empty() &&
           std::all_of(items.begin(), items.end(), [](const Node& item) { return item.is_table(); });
}

const Member* Node::find(std::string_view key) const {
    auto found = std::find_if(members.begin(), members.end(), [&](const Member& member) { return member.key == key; });
    return found == members.end() ? nullptr : &*found;
}

std::string Node::written() const {
    switch (kind) {
        case Kind::text: return '"' + text + '"';
        case Kind::integer: return std::to_string(integer);
        case Kind::number: return fmt::format("{}", number);
        case Kind::boolean: return boolean ? "true" : "false";
        case Kind::table: return "{..}";
        case Kind::other: return text;
        case Kind::list: break;
    }
    std::string all;
    for (const Node& item : items) all += (all.empty() ? "" : ", ") + item.written();
    return '[' + all + ']';
}

}  // namespace viaduct::config
