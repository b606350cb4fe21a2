// subscriber_csv: see subscriber_csv.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "subscriber_csv.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command_error.hpp"
#include "csv.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

constexpr std::size_t kColumns = 7;

// The hash in lower case. Throws when it is none of that length.
std::string checked_hash(std::string text, std::size_t digits, const char* column) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool hex = std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
    if (!text.empty() && (text.size() != digits || !hex))
        throw CommandError{Exit::usage, fmt::format("{} is not {} hexadecimal digits", column, digits)};
    return text;
}

const std::string& text_of(const std::vector<ColumnValue>& columns, std::string_view name) {
    static const std::string kNone;
    const auto found =
        std::find_if(columns.begin(), columns.end(), [&](const auto& one) { return one.column == name; });
    const auto* text = found == columns.end() ? nullptr : std::get_if<std::string>(&found->value);
    return text == nullptr ? kNone : *text;
}

DatabaseValue text_or_null(std::string text) { return text.empty() ? DatabaseValue{} : DatabaseValue{std::move(text)}; }

}  // namespace

const std::vector<std::string>& SubscriberCsv::columns() {
    static const std::vector<std::string> kNames{"username", "domain",     "password",      "ha1",
                                                 "ha1b",     "ha1_sha256", "ha1_sha512_256"};
    return kNames;
}

SubscriberCsv::SubscriberCsv(std::string_view header, std::string default_domain, bool plaintext)
    : default_domain_{std::move(default_domain)}, plaintext_{plaintext} {
    if (header.find(',') == std::string_view::npos && header.find(';') != std::string_view::npos) delimiter_ = ';';
    const auto& known = columns();
    for (const std::string& name : parse_csv(header, delimiter_)) {
        const auto found = std::find(known.begin(), known.end(), name);
        if (found == known.end() && name != "id") {
            throw CommandError{
                Exit::usage,
                fmt::format("the first line must name the columns, and there is no column '{}'; there are {}",
                            printable(name), fmt::join(known, ", "))};
        }
        const auto column = static_cast<Column>(found - known.begin());
        if (found != known.end() && std::find(order_.begin(), order_.end(), column) != order_.end())
            throw CommandError{Exit::usage, fmt::format("column {} is named twice", name)};
        order_.push_back(found == known.end() ? none : column);
    }
    const auto has = [this](Column column) { return std::find(order_.begin(), order_.end(), column) != order_.end(); };
    if (!has(user)) throw CommandError{Exit::usage, "the first line names no column username"};
    if (!has(password) && !has(ha1) && !has(sha256) && !has(sha512_256))
        throw CommandError{Exit::usage, "the first line names neither password nor ha1"};
}

SubscriberCsv::Row SubscriberCsv::read(std::string_view line) const {
    const auto fields = parse_csv(line, delimiter_);
    if (fields.size() != order_.size())
        throw CommandError{Exit::usage, fmt::format("{} fields instead of {}", fields.size(), order_.size())};
    std::array<std::string, kColumns + 1> given;
    for (std::size_t i = 0; i < fields.size(); ++i) given[order_[i]] = fields[i];
    const std::string& host = given[domain].empty() ? default_domain_ : given[domain];
    Row row{parse_account(given[user], host), {}};
    given[ha1] = checked_hash(given[ha1], 32, "ha1");
    given[ha1b] = checked_hash(given[ha1b], 32, "ha1b");
    given[sha256] = checked_hash(given[sha256], 64, "ha1_sha256");
    given[sha512_256] = checked_hash(given[sha512_256], 64, "ha1_sha512_256");
    if (!given[password].empty()) {
        check_password(given[password], plaintext_);
        row.secrets = password_columns(row.account, given[password], plaintext_);
        if (!given[ha1].empty() && given[ha1] != text_of(row.secrets, "ha1"))
            throw CommandError{Exit::usage, "ha1 is not that of user, domain and password"};
        return row;
    }
    if (given[ha1].empty() && given[sha256].empty() && given[sha512_256].empty())
        throw CommandError{Exit::usage, "neither password nor ha1 is given"};
    row.secrets = {{"password", std::string{}},
                   {"ha1", given[ha1]},
                   {"ha1b", given[ha1b]},
                   {"ha1_sha256", text_or_null(given[sha256])},
                   {"ha1_sha512_256", text_or_null(given[sha512_256])}};
    return row;
}

std::size_t fingerprint(const std::vector<ColumnValue>& secrets) {
    std::string all;
    for (std::size_t i = 2; i < SubscriberCsv::columns().size(); ++i)
        all += text_of(secrets, SubscriberCsv::columns()[i]) + '\n';
    return std::hash<std::string>{}(all);
}

}  // namespace viaduct::viactl
