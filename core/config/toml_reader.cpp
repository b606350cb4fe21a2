// toml_reader: wraps toml++ (TOML 1.0).
//
// toml++ keeps tables sorted by name; members are put back into the order of the file by their keys' positions.
// SPDX-License-Identifier: Apache-2.0
#include "config/toml_reader.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <viaduct/config_section.hpp>

namespace viaduct::config {
namespace {

Position position_of(const toml::source_region& region) {
    return {static_cast<unsigned>(region.begin.line), static_cast<unsigned>(region.begin.column)};
}

Node convert(const toml::node& from);

void convert_table(const toml::table& from, Node& to) {
    to.kind = Node::Kind::table;
    for (const auto& [key, value] : from) {
        to.members.push_back({std::string{key.str()}, position_of(key.source()), convert(value)});
    }
    std::sort(to.members.begin(), to.members.end(), [](const Member& a, const Member& b) {
        return std::pair{a.position.line, a.position.column} < std::pair{b.position.line, b.position.column};
    });
}

void convert_list(const toml::array& from, Node& to) {
    to.kind = Node::Kind::list;
    for (const toml::node& item : from) to.items.push_back(convert(item));
}

Node convert(const toml::node& from) {
    Node to;
    to.position = position_of(from.source());
    if (const auto* table = from.as_table()) {
        convert_table(*table, to);
    } else if (const auto* list = from.as_array()) {
        convert_list(*list, to);
    } else if (const auto* text = from.as_string()) {
        to.kind = Node::Kind::text;
        to.text = text->get();
    } else if (const auto* integer = from.as_integer()) {
        to.kind = Node::Kind::integer;
        to.integer = integer->get();
    } else if (const auto* number = from.as_floating_point()) {
        to.kind = Node::Kind::number;
        to.number = number->get();
    } else if (const auto* boolean = from.as_boolean()) {
        to.kind = Node::Kind::boolean;
        to.boolean = boolean->get();
    } else {  // a date or a time
        to.kind = Node::Kind::other;
        std::ostringstream written;
        from.visit([&](const auto& value) {
            if constexpr (toml::is_value<decltype(value)>) written << value.get();
        });
        to.text = written.str();
    }
    return to;
}

}  // namespace

Node read_toml(std::string_view text, const std::string& file) {
    try {
        return convert(toml::parse(text, file));
    } catch (const toml::parse_error& error) {
        const Position at = position_of(error.source());
        throw ConfigError{fmt::format("{}:{}:{}: {}", file, at.line, at.column, error.description())};
    }
}

}  // namespace viaduct::config
