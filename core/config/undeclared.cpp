// undeclared: walks the tree beside the opened sections.
// SPDX-License-Identifier: Apache-2.0
#include "config/undeclared.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/values.hpp"

namespace viaduct::config {
namespace {

class Search {
public:
    Search(const std::string& file, const OpenedSections& opened, ConfigFaults& faults)
        : file_{file}, opened_{opened}, faults_{faults} {}

    // `section` is null for a table that nobody opened but that holds opened ones ("module").
    void table(const std::string& name, const Node& node, const TomlSection* section) {
        for (const Member& member : node.members) {
            const bool declared = section != nullptr && section->declaration(member.key) != nullptr;
            const std::string path = name.empty() ? member.key : name + '.' + member.key;
            if (declared) {
                tables_below(path, member.value);
            } else if (member.value.is_table()) {
                sub_table(path, member);
            } else if (member.value.is_list_of_tables()) {
                list_of_tables(path, member);
            } else {
                unknown_key(name, member, section);
            }
        }
    }

private:
    // What ConfigSection::tables() declared: every table was opened, whatever its name; anything else is a slip.
    void tables_below(const std::string& path, const Node& node) {
        for (const Member& member : node.members) {
            const std::string below = path + '.' + member.key;
            if (!member.value.is_table()) {
                add(member.position,
                    fmt::format("'{}' stands in [{}], which holds tables only; write [{}.NAME] above it", member.key,
                                path, path));
            } else if (const TomlSection* section = find(below)) {
                table(below, member.value, section);
            }
        }
    }
    void sub_table(const std::string& path, const Member& member) {
        const TomlSection* section = find(path);
        if (section != nullptr && section->place().written.starts_with("[[")) return;  // reported: one bracket too few
        if (section != nullptr || is_container(path)) {
            table(path, member.value, section);
        } else {
            unknown_table(path, member, '[' + path + ']');
        }
    }

    void list_of_tables(const std::string& path, const Member& member) {
        if (find(path + "[0]") == nullptr) return unknown_table(path, member, "[[" + path + "]]");
        for (std::size_t i = 0; i < member.value.items.size(); ++i) {
            const std::string item = fmt::format("{}[{}]", path, i);
            table(item, member.value.items[i], find(item));
        }
    }

    void unknown_key(const std::string& name, const Member& member, const TomlSection* section) {
        const std::string written = section != nullptr ? section->place().written
                                    : name.empty()     ? ""
                                                       : '[' + name + ']';
        const std::string where = written.empty() ? "outside any table" : "in " + written;
        add(member.position, fmt::format("unknown key '{}' {}; {}", member.key, where, advice(member.key, section)));
    }

    void unknown_table(const std::string& path, const Member& member, const std::string& written) {
        std::vector<std::string> known;
        for (const TomlSection* section : opened_) known.push_back(plain_name(*section));
        if (const TomlSection* above = find(path.substr(0, path.rfind('.')))) {
            if (const DeclaredKey* near = nearest_tables(*above, member.key)) {
                return add(member.position, fmt::format("unknown table {}; did you mean [{}.{}.NAME]?", written,
                                                        above->name(), near->key));
            }
        }
        std::string message = "unknown table " + written;
        if (const std::string* near = nearest(path, known)) {
            const TomlSection* meant = *std::find_if(opened_.begin(), opened_.end(),
                                                     [&](const TomlSection* s) { return plain_name(*s) == *near; });
            message += fmt::format("; did you mean {}?", meant->place().written);
        }
        add(member.position, message);
    }

    // Of the keys of that section that hold tables.
    static const DeclaredKey* nearest_tables(const TomlSection& section, const std::string& key) {
        std::vector<std::string> names;
        for (const DeclaredKey& declared : section.declared()) {
            if (declared.type.starts_with("tables ")) names.push_back(declared.key);
        }
        const std::string* near = nearest(key, names);
        return near == nullptr ? nullptr : section.declaration(*near);
    }

    std::string advice(const std::string& key, const TomlSection* section) const {
        std::vector<std::string> known;
        if (section != nullptr) {
            for (const DeclaredKey& declared : section->declared()) known.push_back(declared.key);
        }
        if (const std::string* near = nearest(key, known)) {
            const DeclaredKey* declared = section->declaration(*near);
            return fmt::format("did you mean '{}' ({}, {})?", *near, declared->help, declared->type);
        }
        for (const TomlSection* other : opened_) {
            if (other->declaration(key) != nullptr) return "it belongs in " + other->place().written;
        }
        if (known.empty()) return "no keys are known there";
        std::string all;
        for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
        return "known there: " + all;
    }

    const TomlSection* find(const std::string& name) const {
        auto found = std::find_if(opened_.begin(), opened_.end(), [&](const auto* s) { return s->name() == name; });
        return found == opened_.end() ? nullptr : *found;
    }
    bool is_container(const std::string& path) const {
        return std::any_of(opened_.begin(), opened_.end(),
                           [&](const auto* section) { return section->name().starts_with(path + '.'); });
    }
    // "listen" for every "listen[2]".
    static std::string plain_name(const TomlSection& section) {
        const std::string name = section.name();
        return name.substr(0, name.find('['));
    }
    void add(Position position, std::string message) {
        faults_.add({.file = file_, .position = position, .problem = std::move(message)});
    }

    const std::string& file_;
    const OpenedSections& opened_;
    ConfigFaults& faults_;
};

}  // namespace

void report_undeclared(const Node& root, const std::string& file, const OpenedSections& opened, ConfigFaults& faults) {
    Search{file, opened, faults}.table("", root, nullptr);
}

}  // namespace viaduct::config
