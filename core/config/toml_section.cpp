// toml_section: the getters; each declares its key, checks the value and remembers what is in force.
// SPDX-License-Identifier: Apache-2.0
#include "config/toml_section.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "config/values.hpp"

namespace viaduct::config {
namespace {

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", text); }

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
    return all;
}

std::string list_in_quotes(std::vector<std::string> texts) {
    for (std::string& text : texts) text = in_quotes(text);
    return '[' + joined(texts) + ']';
}

// The texts of a list, or one text by itself; empty when anything else is there.
std::vector<std::string> texts_of(const Node& value) {
    if (value.kind == Node::Kind::text) return {value.text};
    std::vector<std::string> texts;
    for (const Node& item : value.items) {
        if (item.kind != Node::Kind::text) return {};
        texts.push_back(item.text);
    }
    return texts;
}

// A key as TOML wants it between dots.
std::string dotted_part(const std::string& key) {
    const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_';
    });
    return bare ? key : in_quotes(key);
}

}  // namespace

TomlSection::TomlSection(Place place, const Node* table, ConfigFaults& faults, SectionList& sections)
    : place_{std::move(place)}, table_{table}, faults_{faults}, sections_{sections} {}

bool TomlSection::has(std::string_view key) const { return table_ != nullptr && table_->find(key) != nullptr; }

std::string TomlSection::text(std::string_view key, std::string_view fallback, std::string_view help) const {
    const Member* member = declare(key, "text", in_quotes(fallback), help);
    if (member == nullptr) return std::string{fallback};
    if (member->value.kind != Node::Kind::text) {
        wrong_value(*member, "it must be text in double quotes");
        return std::string{fallback};
    }
    in_force(key, in_quotes(member->value.text));
    return member->value.text;
}

std::string TomlSection::choice(std::string_view key, std::string_view fallback,
                                const std::vector<std::string>& allowed, std::string_view help) const {
    const Member* member = declare(key, "one of " + joined(allowed), in_quotes(fallback), help);
    if (member == nullptr) return std::string{fallback};
    const bool known = member->value.kind == Node::Kind::text &&
                       std::find(allowed.begin(), allowed.end(), member->value.text) != allowed.end();
    if (!known) {
        wrong_value(*member, "it must be one of " + list_in_quotes(allowed));
        return std::string{fallback};
    }
    in_force(key, in_quotes(member->value.text));
    return member->value.text;
}

std::int64_t TomlSection::integer(std::string_view key, std::int64_t fallback, std::int64_t minimum,
                                  std::int64_t maximum, std::string_view help) const {
    const Member* member =
        declare(key, fmt::format("integer {}..{}", minimum, maximum), std::to_string(fallback), help);
    if (member == nullptr) return fallback;
    const Node& value = member->value;
    if (value.kind != Node::Kind::integer || value.integer < minimum || value.integer > maximum) {
        wrong_value(*member, fmt::format("it must be a whole number from {} to {}", minimum, maximum));
        return fallback;
    }
    in_force(key, std::to_string(value.integer));
    return value.integer;
}

double TomlSection::number(std::string_view key, double fallback, double minimum, double maximum,
                           std::string_view help) const {
    const Member* member =
        declare(key, fmt::format("number {}..{}", minimum, maximum), fmt::format("{}", fallback), help);
    if (member == nullptr) return fallback;
    const Node& value = member->value;
    const bool numeric = value.kind == Node::Kind::number || value.kind == Node::Kind::integer;
    const double given = value.kind == Node::Kind::integer ? static_cast<double>(value.integer) : value.number;
    if (!numeric || !(given >= minimum && given <= maximum)) {  // written so that nan is refused
        wrong_value(*member, fmt::format("it must be a number from {} to {}", minimum, maximum));
        return fallback;
    }
    in_force(key, fmt::format("{}", given));
    return given;
}

bool TomlSection::boolean(std::string_view key, bool fallback, std::string_view help) const {
    const Member* member = declare(key, "true or false", fallback ? "true" : "false", help);
    if (member == nullptr) return fallback;
    if (member->value.kind != Node::Kind::boolean) {
        wrong_value(*member, "it must be true or false, without quotes");
        return fallback;
    }
    in_force(key, member->value.written());
    return member->value.boolean;
}

Duration TomlSection::duration(std::string_view key, Duration fallback, std::string_view help) const {
    const Member* member = declare(key, "duration", in_quotes(format_duration(fallback)), help);
    if (member == nullptr) return fallback;
    const Node& value = member->value;
    std::optional<Duration> given;
    if (value.kind == Node::Kind::text) given = parse_duration(value.text);
    if (value.kind == Node::Kind::integer) given = parse_duration(std::to_string(value.integer) + "s");
    if (!given) {
        wrong_value(*member, R"(it must be a duration like "500ms", "30s", "5m", "1h" or "7d")");
        return fallback;
    }
    in_force(key, in_quotes(format_duration(*given)));
    return *given;
}

std::uint64_t TomlSection::size(std::string_view key, std::uint64_t fallback, std::string_view help) const {
    const Member* member = declare(key, "size", in_quotes(format_size(fallback)), help);
    if (member == nullptr) return fallback;
    const Node& value = member->value;
    std::optional<std::uint64_t> given;
    if (value.kind == Node::Kind::text) given = parse_size(value.text);
    if (value.kind == Node::Kind::integer) given = parse_size(std::to_string(value.integer));
    if (!given) {
        wrong_value(*member, R"(it must be a number of bytes like 512, "64k", "10M" or "1G")");
        return fallback;
    }
    in_force(key, in_quotes(format_size(*given)));
    return *given;
}

std::vector<std::string> TomlSection::list(std::string_view key, const std::vector<std::string>& fallback,
                                           std::string_view help) const {
    const Member* member = declare(key, "list of text", list_in_quotes(fallback), help);
    if (member == nullptr) return fallback;
    std::vector<std::string> given;
    for (const Node& item : member->value.items) {
        if (item.kind == Node::Kind::text) given.push_back(item.text);
    }
    if (member->value.kind != Node::Kind::list || given.size() != member->value.items.size()) {
        wrong_value(*member, R"(it must be a list of texts like ["a", "b"])");
        return fallback;
    }
    in_force(key, list_in_quotes(given));
    return given;
}

std::string TomlSection::path(std::string_view key, std::string_view fallback, std::string_view help) const {
    const Member* member = declare(key, "path", in_quotes(fallback), help);
    if (member == nullptr) return resolved(std::string{fallback});
    if (member->value.kind != Node::Kind::text) {
        wrong_value(*member, "it must be a path in double quotes");
        return resolved(std::string{fallback});
    }
    const std::string given = resolved(member->value.text);
    in_force(key, in_quotes(given));
    return given;
}

std::vector<std::string> TomlSection::paths(std::string_view key, const std::vector<std::string>& fallback,
                                            std::string_view help) const {
    const auto all_resolved = [this](std::vector<std::string> paths) {
        for (std::string& path : paths) path = resolved(path);
        return paths;
    };
    const Member* member = declare(key, "path or list of paths", list_in_quotes(fallback), help);
    if (member == nullptr) return all_resolved(fallback);
    const bool empty_list = member->value.kind == Node::Kind::list && member->value.items.empty();
    const std::vector<std::string> given = all_resolved(texts_of(member->value));
    if (given.empty() && !empty_list) {
        wrong_value(*member, R"(it must be a path in double quotes, or a list of paths like ["a", "b"])");
        return all_resolved(fallback);
    }
    in_force(key, list_in_quotes(given));
    return given;
}

std::vector<NamedSection> TomlSection::tables(std::string_view key, std::string_view help) const {
    const std::string written = place_.name + '.' + std::string{key};
    const Member* member = declare(key, fmt::format("tables [{}.NAME]", written), "none", help);
    std::vector<NamedSection> tables;
    if (member == nullptr) return tables;
    if (!member->value.is_table()) {
        wrong_value(*member, fmt::format("write a table [{}.NAME]", written));
        return tables;
    }
    std::vector<std::string> names;
    for (const Member& below : member->value.members) {
        if (!below.value.is_table()) continue;  // undeclared, and reported as such
        tables.push_back({below.key, sections_.open(written + '.' + below.key,
                                                    fmt::format("[{}.{}]", written, dotted_part(below.key)),
                                                    below.position, &below.value)});
        names.push_back(below.key);
    }
    if (!names.empty()) in_force(key, joined(names));
    return tables;
}

std::string TomlSection::secret(std::string_view key, std::string_view help) const {
    const std::string file_key = std::string{key} + "_file";
    const Member* in_file =
        declare(file_key, "path", in_quotes(""), fmt::format("file whose first line is the value of {}", key));
    const Member* given = declare(key, "secret", "not set", help);
    if (in_file != nullptr && given != nullptr) {
        wrong_value(*in_file, fmt::format("'{}' is given too; keep one of the two", key));
        return {};
    }
    if (in_file != nullptr) return secret_from_file(*in_file);
    return given != nullptr ? secret_given(*given) : std::string{};
}

std::string TomlSection::secret_from_file(const Member& member) const {
    if (member.value.kind != Node::Kind::text) {
        wrong_value(member, "it must be a path in double quotes");
        return {};
    }
    const std::string file = resolved(member.value.text);
    in_force(member.key, in_quotes(file));
    std::ifstream stream{file};
    std::string line;
    if (!std::getline(stream, line)) {
        wrong_value(member, fmt::format("{} cannot be read or is empty", file));
        return {};
    }
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    in_force(member.key.substr(0, member.key.size() - std::string_view{"_file"}.size()), "from " + file);
    return line;
}

std::string TomlSection::secret_given(const Member& member) const {
    if (member.value.kind != Node::Kind::text) {
        // The value is not repeated in the message: it may be the secret itself.
        fault(member.key, R"(must be text in double quotes, or "${NAME}" to take it from the environment)");
        return {};
    }
    const std::string& text = member.value.text;
    if (!text.starts_with("${") || !text.ends_with("}")) {
        in_force(member.key, "set in the file");
        return text;
    }
    const std::string variable = text.substr(2, text.size() - 3);
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr) {
        fault(member.key, fmt::format("names the environment variable {}, which is not set", variable));
        return {};
    }
    in_force(member.key, "from the environment variable " + variable);
    return value;
}

void TomlSection::fault(std::string_view key, std::string_view problem) const {
    const Member* member = table_ == nullptr ? nullptr : table_->find(key);
    const DeclaredKey* known = declaration(key);
    faults_.add({.file = place_.file,
                 .position = member == nullptr ? place_.position : member->position,
                 .section = place_.written,
                 .key = std::string{key},
                 .problem = std::string{problem},
                 .help = known == nullptr ? std::string{} : known->help});
}

const DeclaredKey* TomlSection::declaration(std::string_view key) const {
    auto found = std::find_if(declared_.begin(), declared_.end(), [&](const DeclaredKey& d) { return d.key == key; });
    return found == declared_.end() ? nullptr : &*found;
}

const Member* TomlSection::declare(std::string_view key, std::string type, std::string fallback,
                                   std::string_view help) const {
    const Member* member = table_ == nullptr ? nullptr : table_->find(key);
    if (declaration(key) == nullptr) {
        declared_.push_back({.section = place_.name,
                             .key = std::string{key},
                             .type = std::move(type),
                             .fallback = fallback,
                             .value = fallback,
                             .help = std::string{help},
                             .line = member == nullptr ? 0 : member->position.line});
    }
    return member;
}

void TomlSection::in_force(std::string_view key, std::string value) const {
    for (DeclaredKey& known : declared_) {
        if (known.key == key) known.value = std::move(value);
    }
}

void TomlSection::wrong_value(const Member& member, std::string_view problem) const {
    fault(member.key, fmt::format("is {}: {}", member.value.written(), problem));
}

std::string TomlSection::resolved(const std::string& path) const {
    if (path.empty()) return {};
    return (std::filesystem::path{place_.folder} / path).lexically_normal().string();
}

}  // namespace viaduct::config
