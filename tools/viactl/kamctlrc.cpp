// kamctlrc: see kamctlrc.hpp. Defaults are those of kamctl.
// SPDX-License-Identifier: Apache-2.0
#include "kamctlrc.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "command_error.hpp"

namespace viaduct::viactl {
namespace {

constexpr const char* kPlaces = "/etc/kamailio/kamctlrc";

bool is_name(std::string_view text) {
    return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// One word of shell: quotes are taken off; a `$` or backquote that a shell would act on is told.
struct Word {
    std::string text;
    bool needs_shell = false;
};

Word read_word(std::string_view rest) {
    Word word;
    char quote = 0;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        const char c = rest[i];
        if (c == quote) {
            quote = 0;
        } else if (quote == 0 && (c == '"' || c == '\'')) {
            quote = c;
        } else if (quote == 0 && (c == ' ' || c == '\t' || c == ';' || c == '#')) {
            break;
        } else if (quote != '\'' && c == '\\' && i + 1 < rest.size()) {
            word.text += rest[++i];
        } else {
            word.needs_shell = word.needs_shell || (quote != '\'' && (c == '$' || c == '`'));
            word.text += c;
        }
    }
    word.needs_shell = word.needs_shell || quote != 0;  // goes on in the next line
    return word;
}

// JSON's strings are TOML's basic strings.
std::string quoted(const std::string& text) {
    if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
        throw CommandError{Exit::configuration, "a value has control characters"};
    return nlohmann::json(text).dump();
}

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

bool is_mysql(const std::string& engine) { return lower_case(engine) == "mysql"; }

std::string or_else(std::string value, const char* fallback) { return value.empty() ? fallback : value; }

}  // namespace

Kamctlrc Kamctlrc::load(const std::string& file) {
    std::ifstream stream{file};
    if (!stream) throw CommandError{Exit::configuration, fmt::format("{} cannot be read", file)};
    return parse(std::string{std::istreambuf_iterator<char>{stream}, {}}, file);
}

Kamctlrc Kamctlrc::parse(std::string_view text, const std::string& file) {
    Kamctlrc result;
    result.file_ = file;
    for (unsigned number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with("export ")) line = trimmed(line.substr(7));
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos || !is_name(line.substr(0, equals))) continue;
        auto [value, needs_shell] = read_word(line.substr(equals + 1));
        result.values_[std::string{line.substr(0, equals)}] = {std::move(value), needs_shell, number};
    }
    return result;
}

std::string Kamctlrc::value(const std::string& key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) return {};
    if (found->second.needs_shell) {
        throw CommandError{Exit::configuration,
                           fmt::format("{}:{}: the value of {} takes a shell to find out; write the value itself",
                                       file_, found->second.line, key)};
    }
    return found->second.text;
}

bool Kamctlrc::needs_password() const {
    return is_mysql(value("DBENGINE")) && value("DBRWPW").empty() && value("DBROPW").empty();
}

std::string Kamctlrc::toml(const std::string& password) const {
    std::string text = "[server]\nsip = false\n";
    if (!domain().empty()) text += fmt::format("domains = [{}]\n", quoted(domain()));
    const std::string engine = value("DBENGINE");
    if (lower_case(engine) == "sqlite") {
        if (value("DB_PATH").empty())
            throw CommandError{Exit::configuration, fmt::format("{}: DB_PATH does not say which file", file_)};
        return text + fmt::format("[module.db_sqlite]\nfile = {}\n", quoted(value("DB_PATH")));
    }
    if (!is_mysql(engine)) {
        throw CommandError{Exit::configuration,
                           engine.empty()
                               ? fmt::format("{}: DBENGINE is not set: MYSQL or SQLITE", file_)
                               : fmt::format("{}: there is no database module for DBENGINE={}", file_, engine)};
    }
    // Who may only read can do what only reads.
    const bool read_only = value("DBRWPW").empty() && password.empty() && !value("DBROPW").empty();
    // "localhost" without a port is the socket, as for the mysql command.
    const std::string host = or_else(value("DBHOST"), "localhost"), port = value("DBPORT");
    const std::string place =
        host == "localhost" && port.empty() ? "unix:/run/mysqld/mysqld.sock" : host + ':' + or_else(port, "3306");
    text += fmt::format(
        "[module.db_mariadb]\nhosts = [{}]\ndatabase = {}\nuser = {}\npassword = {}\n", quoted(place),
        quoted(or_else(value("DBNAME"), "kamailio")),
        quoted(read_only ? or_else(value("DBROUSER"), "kamailioro") : or_else(value("DBRWUSER"), "kamailio")),
        quoted(read_only ? value("DBROPW") : or_else(value("DBRWPW"), password.c_str())));
    return text;
}

std::string find_kamctlrc() {
    std::vector<std::string> places;
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
        places.push_back(std::string{home} + "/.kamctlrc");
    places.emplace_back(kPlaces);
    for (const std::string& place : places) {
        std::error_code ignored;
        if (!std::filesystem::is_regular_file(place, ignored) || !std::ifstream{place}) continue;
        if (Kamctlrc::load(place).names_a_database()) return place;
    }
    return {};
}

}  // namespace viaduct::viactl
