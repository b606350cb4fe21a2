// alias_commands: alias_db show, list, add, rm: table `dbaliases`. Nothing is cached, so no server needs to be told.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "account.hpp"
#include "command_error.hpp"
#include "commands.hpp"
#include "rows.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

std::vector<ColumnValue> key_of(const Account& alias) {
    return {{"alias_username", alias.user}, {"alias_domain", alias.domain}};
}

json aliases(Session& session, const std::vector<ColumnValue>& where) {
    std::vector<json> found;
    session.on_database([&] {
        session.database().scan_now({.table = "dbaliases",
                                     .columns = {"alias_username", "alias_domain", "username", "domain"},
                                     .where = where,
                                     .order_by = {},
                                     .limit = 0},
                                    [&](DatabaseRow& row) {
                                        found.push_back({{"alias", text_at(row, 0) + '@' + text_at(row, 1)},
                                                         {"of", text_at(row, 2) + '@' + text_at(row, 3)}});
                                    });
    });
    std::sort(found.begin(), found.end(), [](const json& a, const json& b) { return a.at("alias") < b.at("alias"); });
    return found;
}

void print_aliases(Session& session, const json& found) {
    Table table{{{"ALIAS"}, {"OF"}}};
    for (const json& one : found) table.add({one.at("alias"), one.at("of")});
    session.output().print(found, table.empty() ? "No aliases." : table.text());
}

}  // namespace

void show_alias(Session& session, const std::string& text) {
    const Account alias = parse_account(text, session.default_domain());
    const json found = aliases(session, key_of(alias));
    if (found.empty()) throw CommandError{Exit::failed, fmt::format("{} is nobody's alias", alias.text())};
    print_aliases(session, found);
}

void list_aliases(Session& session, const std::string& user) {
    if (user.empty()) return print_aliases(session, aliases(session, {}));
    const Account account = parse_account(user, session.default_domain());
    print_aliases(session, aliases(session, {{"username", account.user}, {"domain", account.domain}}));
}

void add_alias(Session& session, const std::string& text, const std::string& user) {
    const Account alias = parse_account(text, session.default_domain());
    const Account account = parse_account(user, session.default_domain());
    if (const json found = aliases(session, key_of(alias)); !found.empty()) {
        throw CommandError{Exit::failed, fmt::format("{} is an alias of {} already", alias.text(),
                                                     found.at(0).at("of").get<std::string>())};
    }
    if (subscriber_exists(session, alias)) {
        throw CommandError{Exit::failed, fmt::format("{} is a subscriber, so it cannot be an alias", alias.text())};
    }
    if (!subscriber_exists(session, account)) {
        throw CommandError{Exit::failed,
                           fmt::format("there is no subscriber {0}; viactl add {0} adds it", account.text())};
    }
    std::vector<ColumnValue> row = key_of(alias);
    row.push_back({"username", account.user});
    row.push_back({"domain", account.domain});
    session.on_database([&] { session.database().write_now({Insert{"dbaliases", std::move(row)}}); });
    session.output().print({{"added", alias.text()}, {"of", account.text()}},
                           fmt::format("{} is an alias of {} now.", alias.text(), account.text()));
}

void remove_alias(Session& session, const std::string& text) {
    const Account alias = parse_account(text, session.default_domain());
    const auto removed = session.on_database(
        [&] { return session.database().write_now({Delete{.table = "dbaliases", .where = key_of(alias)}}); });
    if (removed == 0) throw CommandError{Exit::failed, fmt::format("{} is nobody's alias", alias.text())};
    session.output().print({{"removed", alias.text()}}, fmt::format("{} is no alias any more.", alias.text()));
}

}  // namespace viaduct::viactl
