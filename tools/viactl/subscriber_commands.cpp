// subscriber_commands: add, passwd, rm, show: table `subscriber`, without a server; a running one is told to look
// again. Groups and aliases go with the subscriber.
// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include "account.hpp"
#include "command_error.hpp"
#include "password_prompt.hpp"
#include "rows.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

std::vector<ColumnValue> key_of(const Account& account) {
    return {{"username", account.user}, {"domain", account.domain}};
}

std::string get_password(const Account& account, const PasswordOptions& options) {
    std::string password = options.given;
    if (password.empty()) password = options.from_stdin ? read_password(std::cin) : ask_password(account.text());
    check_password(password, options.plaintext);
    return password;
}

void forget(Session& session, const Account& account) {
    session.tell("auth.forget", {{"user", account.user}, {"domain", account.domain}});
}

[[noreturn]] void no_such_user(const Account& account) {
    throw CommandError{
        Exit::failed,
        fmt::format("there is no subscriber {0} (viactl show lists all, viactl add {0} adds it)", account.text())};
}

void refuse_alias(Session& session, const Account& account) {
    const auto rows = session.on_database([&] {
        return session.database().select_now(
            {.table = "dbaliases",
             .columns = {"username", "domain"},
             .where = {{"alias_username", account.user}, {"alias_domain", account.domain}},
             .order_by = {},
             .limit = 1});
    });
    if (rows.empty()) return;
    throw CommandError{Exit::failed, fmt::format("{0} is an alias of {1}@{2}; viactl alias_db rm {0} ends that",
                                                 account.text(), text_at(rows.front(), 0), text_at(rows.front(), 1))};
}

// username, domain, password, ha1, and those of kShaColumns that the table has.
json describe(const DatabaseRow& row) {
    json algorithms = json::array();
    if (!text_at(row, 3).empty()) algorithms.push_back("MD5");
    if (!text_at(row, 4).empty()) algorithms.push_back("SHA-256");
    if (!text_at(row, 5).empty()) algorithms.push_back("SHA-512-256");
    return {{"user", text_at(row, 0)},
            {"domain", text_at(row, 1)},
            {"algorithms", std::move(algorithms)},
            {"plaintext", !text_at(row, 2).empty()}};
}

std::string joined(const json& texts) {
    std::string all;
    for (const json& text : texts) all += (all.empty() ? "" : " ") + text.get<std::string>();
    return all;
}

}  // namespace

bool subscriber_exists(Session& session, const Account& account) {
    return session.on_database([&] {
        return !session.database()
                    .select_now({.table = "subscriber",
                                 .columns = {"username"},
                                 .where = key_of(account),
                                 .order_by = {},
                                 .limit = 1})
                    .empty();
    });
}

void add_subscriber(Session& session, const std::string& user, const PasswordOptions& options) {
    const Account account = parse_account(user, session.default_domain());
    if (subscriber_exists(session, account)) {
        throw CommandError{
            Exit::failed,
            fmt::format("subscriber {0} exists already; viactl passwd {0} changes the password", account.text())};
    }
    refuse_alias(session, account);
    const std::string password = get_password(account, options);
    std::vector<ColumnValue> row = key_of(account);
    for (ColumnValue& column : password_columns(account, password, options.plaintext)) row.push_back(std::move(column));
    session.on_database([&] { session.database().write_now({Insert{"subscriber", std::move(row)}}); });
    forget(session, account);
    session.output().print({{"added", account.text()}}, fmt::format("Added {}.", account.text()));
}

void change_password(Session& session, const std::string& user, const PasswordOptions& options) {
    const Account account = parse_account(user, session.default_domain());
    if (!subscriber_exists(session, account)) no_such_user(account);
    const std::string password = get_password(account, options);
    session.on_database([&] {
        session.database().write_now(
            {Update{"subscriber", password_columns(account, password, options.plaintext), key_of(account)}});
    });
    forget(session, account);
    session.output().print({{"changed", account.text()}}, fmt::format("Changed the password of {}.", account.text()));
}

void remove_subscriber(Session& session, const std::string& user) {
    const Account account = parse_account(user, session.default_domain());
    if (!subscriber_exists(session, account)) no_such_user(account);
    session.on_database([&] {
        session.database().write_now({Delete{.table = "subscriber", .where = key_of(account)},
                                      Delete{.table = "grp", .where = key_of(account)},
                                      Delete{.table = "dbaliases", .where = key_of(account)}});
    });
    forget(session, account);
    if (session.server_runs()) {
        session.tell("registrar.remove", {{"aor", account.address_of_record()}});
    } else {
        session.on_database(
            [&] { session.database().write_now({Delete{.table = "location", .where = key_of(account)}}); });
    }
    session.output().print({{"removed", account.text()}},
                           fmt::format("Removed {} with its groups, aliases and bindings.", account.text()));
}

void show_subscribers(Session& session, const std::string& user) {
    Select query{.table = "subscriber",
                 .columns = {"username", "domain", "password", "ha1", "ha1_sha256", "ha1_sha512_256"},
                 .where = {},
                 .order_by = {},
                 .limit = 0};
    const std::optional<Account> one =
        user.empty() ? std::nullopt : std::optional{parse_account(user, session.default_domain())};
    if (one) query.where = key_of(*one);
    std::vector<json> found;
    session.on_database(
        [&] { session.database().scan_now(query, [&](DatabaseRow& row) { found.push_back(describe(row)); }); });
    if (one && found.empty()) no_such_user(*one);
    std::sort(found.begin(), found.end(), [](const json& a, const json& b) {
        return std::pair{a["domain"], a["user"]} < std::pair{b["domain"], b["user"]};
    });
    Table table{{{"USER"}, {"DOMAIN"}, {"PASSWORD HASHES"}, {"PLAINTEXT"}}};
    for (const json& entry : found) {
        table.add({entry["user"], entry["domain"], joined(entry["algorithms"]),
                   entry["plaintext"].get<bool>() ? "yes" : "no"});
    }
    session.output().print(found, table.empty() ? "No subscribers yet; viactl add USER makes one." : table.text());
}

}  // namespace viaduct::viactl
