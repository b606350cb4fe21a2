// configuration: opens sections of the file and remembers them.
// SPDX-License-Identifier: Apache-2.0
#include "config/configuration.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "config/toml_reader.hpp"
#include "config/undeclared.hpp"

namespace viaduct::config {

struct Configuration::State final : SectionList {
    std::string file;
    std::string folder;
    Node root;
    ConfigFaults faults;
    std::vector<std::unique_ptr<TomlSection>> sections;  // in the order they were opened

    const TomlSection* opened(std::string_view name) const {
        for (const auto& section : sections) {
            if (section->name() == name) return section.get();
        }
        return nullptr;
    }
    const TomlSection& open(std::string name, std::string written, Position position, const Node* table) override {
        if (const TomlSection* known = opened(name)) return *known;
        TomlSection::Place place{.name = std::move(name),
                                 .written = std::move(written),
                                 .file = file,
                                 .folder = folder,
                                 .position = position};
        sections.push_back(std::make_unique<TomlSection>(std::move(place), table, faults, *this));
        return *sections.back();
    }
    // Follows a dotted name; nullptr when some part is missing.
    const Member* find(std::string_view name) const {
        const Node* node = &root;
        const Member* member = nullptr;
        while (true) {
            const std::size_t dot = name.find('.');
            member = node->is_table() ? node->find(name.substr(0, dot)) : nullptr;
            if (member == nullptr || dot == std::string_view::npos) return member;
            node = &member->value;
            name.remove_prefix(dot + 1);
        }
    }
    void override_value(std::string_view name, std::string_view key, Node value) {
        auto* table = const_cast<Member*>(find(name));
        if (table == nullptr || !table->value.is_table()) return;
        auto& members = table->value.members;
        auto found = std::find_if(members.begin(), members.end(), [&](const Member& one) { return one.key == key; });
        if (found == members.end()) found = members.insert(members.end(), {std::string{key}, table->position, {}});
        value.position = found->position;
        found->value = std::move(value);
    }
    void wrong_brackets(const Member& member, std::string_view problem) {
        faults.add({.file = file, .position = member.position, .problem = std::string{problem}});
    }
};

Configuration::Configuration(std::unique_ptr<State> state) : state_{std::move(state)} {}
Configuration::Configuration(Configuration&&) noexcept = default;
Configuration& Configuration::operator=(Configuration&&) noexcept = default;
Configuration::~Configuration() = default;

Configuration Configuration::load(const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
        throw ConfigError{fmt::format("{} is a directory, not a configuration file", path)};
    }
    std::ifstream stream{path, std::ios::binary};
    std::ostringstream text;
    if (!stream || !(text << stream.rdbuf())) {
        throw ConfigError{fmt::format("cannot read the configuration {}: {}", path, std::strerror(errno))};
    }
    return parse(text.str(), path);
}

Configuration Configuration::parse(std::string_view text, const std::string& file) {
    auto state = std::make_unique<State>();
    state->file = file;
    state->folder = std::filesystem::absolute(file).lexically_normal().parent_path().string();
    state->root = read_toml(text, file);
    return Configuration{std::move(state)};
}

const std::string& Configuration::file() const { return state_->file; }
const std::string& Configuration::folder() const { return state_->folder; }
ConfigFaults& Configuration::faults() { return state_->faults; }

const TomlSection& Configuration::section(std::string_view name) {
    const std::string written = fmt::format("[{}]", name);
    const Member* member = state_->find(name);
    if (member != nullptr && !member->value.is_table()) {
        state_->wrong_brackets(*member, fmt::format("'{}' must be one table; write {}", name, written));
        member = nullptr;
    }
    return state_->open(std::string{name}, written, member == nullptr ? Position{} : member->position,
                        member == nullptr ? nullptr : &member->value);
}

bool Configuration::has_section(std::string_view name) const {
    const Member* member = state_->find(name);
    return member != nullptr && member->value.is_table();
}

void Configuration::override_text(std::string_view section, std::string_view key, std::string value) {
    state_->override_value(section, key, Node{.kind = Node::Kind::text, .text = std::move(value)});
}

void Configuration::override_boolean(std::string_view section, std::string_view key, bool value) {
    state_->override_value(section, key, Node{.kind = Node::Kind::boolean, .boolean = value});
}

void Configuration::add_section_beside(std::string_view section, std::string_view name) {
    const Member* table = state_->find(section);
    const std::size_t dot = section.rfind('.');
    if (table == nullptr || dot == std::string_view::npos) return;
    auto* parent = const_cast<Member*>(state_->find(section.substr(0, dot)));
    if (parent->value.find(name) != nullptr) return;
    const Position position = table->position;
    parent->value.members.push_back({std::string{name}, position, Node{.kind = Node::Kind::table}});
}

std::vector<std::string> Configuration::sections_under(std::string_view name) const {
    std::vector<std::string> names;
    const Member* member = state_->find(name);
    if (member == nullptr || !member->value.is_table()) return names;
    for (const Member& below : member->value.members) {
        if (below.value.is_table()) names.push_back(below.key);
    }
    return names;
}

std::vector<const TomlSection*> Configuration::array_of(std::string_view name) {
    std::vector<const TomlSection*> sections;
    const Member* member = state_->find(name);
    if (member == nullptr) return sections;
    const std::string written = fmt::format("[[{}]]", name);
    if (!member->value.is_list_of_tables()) {
        state_->wrong_brackets(*member,
                               fmt::format("'{0}' must be a list of tables; write {1} for each", name, written));
        state_->open(std::string{name}, written, member->position, member->value.is_table() ? &member->value : nullptr);
        return sections;
    }
    for (const Node& item : member->value.items) {
        const std::string item_name = fmt::format("{}[{}]", name, sections.size());
        sections.push_back(&state_->open(item_name, written, item.position, &item));
    }
    return sections;
}

void Configuration::check_undeclared() {
    OpenedSections opened;
    for (const auto& section : state_->sections) opened.push_back(section.get());
    report_undeclared(state_->root, state_->file, opened, state_->faults);
}

std::vector<DeclaredKey> Configuration::explain(std::string_view section) const {
    std::vector<DeclaredKey> keys;
    for (const auto& opened : state_->sections) {
        const std::string name = opened->name();
        const bool wanted = section.empty() ||
                            (name.starts_with(section) && (name.size() == section.size() ||
                                                           name[section.size()] == '.' || name[section.size()] == '['));
        if (wanted) keys.insert(keys.end(), opened->declared().begin(), opened->declared().end());
    }
    return keys;
}

}  // namespace viaduct::config
