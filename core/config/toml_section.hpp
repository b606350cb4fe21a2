// toml_section: one table of the file as a ConfigSection: reading a key declares it.
//
// Owned by Configuration, which outlives every reader. A section that is not in the file reads as empty: every getter
// gives its default. Construction time only; not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <viaduct/config_section.hpp>

#include "config/config_faults.hpp"
#include "config/node.hpp"

namespace viaduct::config {

// What `viactl config explain` prints about one key.
struct DeclaredKey {
    std::string section;  // "module.registrar"
    std::string key;
    std::string type;      // "text", "integer 1..65535", "duration", "one of udp, tcp", ...
    std::string fallback;  // the default, as one would write it
    std::string value;     // in force now; of a secret only where it came from
    std::string help;
    unsigned line = 0;  // 0: not in the file, the default is in force
};

class TomlSection;

// Where the sections of one file are kept: Configuration.
class SectionList {
public:
    virtual ~SectionList() = default;
    // The section of that name; made at first use.
    virtual const TomlSection& open(std::string name, std::string written, Position position, const Node* table) = 0;
};

class TomlSection final : public ConfigSection {
public:
    struct Place {
        std::string name;     // "module.registrar", "listen[0]"
        std::string written;  // "[module.registrar]", "[[listen]]"
        std::string file;     // for messages
        std::string folder;   // relative paths start here
        Position position{};
    };
    // `table` may be null: not in the file. `sections` keeps the tables below.
    TomlSection(Place place, const Node* table, ConfigFaults& faults, SectionList& sections);

    std::string name() const override { return place_.name; }
    const Place& place() const { return place_; }
    const Node* table() const { return table_; }
    bool has(std::string_view key) const override;

    std::string text(std::string_view key, std::string_view fallback, std::string_view help) const override;
    std::string choice(std::string_view key, std::string_view fallback, const std::vector<std::string>& allowed,
                       std::string_view help) const override;
    std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t minimum, std::int64_t maximum,
                         std::string_view help) const override;
    double number(std::string_view key, double fallback, double minimum, double maximum,
                  std::string_view help) const override;
    bool boolean(std::string_view key, bool fallback, std::string_view help) const override;
    Duration duration(std::string_view key, Duration fallback, std::string_view help) const override;
    std::uint64_t size(std::string_view key, std::uint64_t fallback, std::string_view help) const override;
    std::vector<std::string> list(std::string_view key, const std::vector<std::string>& fallback,
                                  std::string_view help) const override;
    std::string path(std::string_view key, std::string_view fallback, std::string_view help) const override;
    std::vector<std::string> paths(std::string_view key, const std::vector<std::string>& fallback,
                                   std::string_view help) const override;
    std::string secret(std::string_view key, std::string_view help) const override;
    std::vector<NamedSection> tables(std::string_view key, std::string_view help) const override;

    void fault(std::string_view key, std::string_view problem) const override;

    const std::vector<DeclaredKey>& declared() const { return declared_; }
    const DeclaredKey* declaration(std::string_view key) const;

private:
    const Member* declare(std::string_view key, std::string type, std::string fallback, std::string_view help) const;
    void in_force(std::string_view key, std::string value) const;
    void wrong_value(const Member& member, std::string_view problem) const;
    std::string resolved(const std::string& path) const;
    std::string secret_from_file(const Member& member) const;
    std::string secret_given(const Member& member) const;

    Place place_;
    const Node* table_;
    ConfigFaults& faults_;
    SectionList& sections_;
    mutable std::vector<DeclaredKey> declared_;
};

}  // namespace viaduct::config
