// configuration: one TOML file, read by declaration (see README.md in this folder).
//
// Sections handed out live as long as the Configuration and stay where they are when it is moved. Construction time
// only; not thread-safe. After everybody has read what they need, check_undeclared() finds what nobody asked for.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/toml_section.hpp"

namespace viaduct::config {

class Configuration {
public:
    // Throws ConfigError, one line, when the file cannot be read or is not TOML.
    static Configuration load(const std::string& path);
    // The same from memory; `file` names it in messages, and relative paths start in its folder.
    static Configuration parse(std::string_view text, const std::string& file);

    Configuration(Configuration&&) noexcept;
    Configuration& operator=(Configuration&&) noexcept;
    ~Configuration();

    const std::string& file() const;
    const std::string& folder() const;  // absolute

    // The table of that dotted name; the same object every time. One that is not in the file reads as empty.
    const TomlSection& section(std::string_view name);
    bool has_section(std::string_view name) const;
    // What that table of the file says from now on, before it is opened: for `viaduct test`, whose server must not
    // touch the operator's database. Without effect when the table is not in the file.
    void override_text(std::string_view section, std::string_view key, std::string value);
    void override_boolean(std::string_view section, std::string_view key, bool value);
    // For the same purpose: where the file has that table, there is an empty one called `name` beside it.
    void add_section_beside(std::string_view section, std::string_view name);
    // Names of the tables below, in the order of the file: {"db_sqlite", "auth"} for "module".
    std::vector<std::string> sections_under(std::string_view name) const;
    // The tables of [[name]], in order; empty when there are none.
    std::vector<const TomlSection*> array_of(std::string_view name);

    ConfigFaults& faults();
    // Adds a fault for every key and table of the file that nobody declared.
    void check_undeclared();
    // Every declared key of the section and those below it; "" means all. In the order of declaration.
    std::vector<DeclaredKey> explain(std::string_view section = {}) const;

private:
    struct State;
    explicit Configuration(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace viaduct::config
