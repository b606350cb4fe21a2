// group_commands: acl show, grant, revoke: table `grp`. Nothing is cached, so no server needs to be told.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "account.hpp"
#include "command_error.hpp"
#include "commands.hpp"
#include "rows.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestGroup = 64;  // column grp

std::vector<ColumnValue> key_of(const Account& account) {
    return {{"username", account.user}, {"domain", account.domain}};
}

json memberships(Session& session, const std::vector<ColumnValue>& where) {
    std::vector<json> found;
    session.on_database([&] {
        session.database().scan_now(
            {.table = "grp", .columns = {"username", "domain", "grp"}, .where = where, .order_by = {}, .limit = 0},
            [&](DatabaseRow& row) {
                found.push_back({{"user", text_at(row, 0) + '@' + text_at(row, 1)}, {"group", text_at(row, 2)}});
            });
    });
    std::sort(found.begin(), found.end(), [](const json& a, const json& b) {
        return std::pair{a.at("user"), a.at("group")} < std::pair{b.at("user"), b.at("group")};
    });
    return found;
}

void check_group(const std::string& group) {
    const bool control =
        std::any_of(group.begin(), group.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7F; });
    if (group.empty() || group.size() > kLongestGroup || control) {
        throw CommandError{Exit::usage, fmt::format("'{}' is no name of a group: 1 to {} characters, no spaces",
                                                    printable(group), kLongestGroup)};
    }
}

}  // namespace

void show_groups(Session& session, const std::string& user) {
    std::vector<ColumnValue> where;
    if (!user.empty()) where = key_of(parse_account(user, session.default_domain()));
    const json found = memberships(session, where);
    Table table{{{"USER"}, {"GROUP"}}};
    for (const json& one : found) table.add({one.at("user"), one.at("group")});
    session.output().print(found,
                           table.empty() ? "No memberships; viactl acl grant USER GROUP makes one." : table.text());
}

void grant_groups(Session& session, const std::string& user, const std::vector<std::string>& groups, bool sure) {
    const Account account = parse_account(user, session.default_domain());
    std::for_each(groups.begin(), groups.end(), check_group);
    if (!sure && !subscriber_exists(session, account)) {
        throw CommandError{Exit::failed,
                           fmt::format("there is no subscriber {}; --yes grants all the same", account.text())};
    }
    std::vector<Change> changes;
    for (const std::string& group : groups) {
        std::vector<ColumnValue> row = key_of(account);
        row.push_back({"grp", group});
        row.push_back({"last_modified", this_moment()});
        changes.emplace_back(Upsert{"grp", {"username", "domain", "grp"}, std::move(row)});
    }
    session.on_database([&] { session.database().write_now(changes); });
    session.output().print({{"user", account.text()}, {"granted", groups}},
                           fmt::format("{} is a member of {} now.", account.text(), fmt::join(groups, ", ")));
}

void revoke_groups(Session& session, const std::string& user, const std::string& group) {
    const Account account = parse_account(user, session.default_domain());
    std::vector<ColumnValue> where = key_of(account);
    if (!group.empty()) where.push_back({"grp", group});
    const auto removed =
        session.on_database([&] { return session.database().write_now({Delete{.table = "grp", .where = where}}); });
    if (removed == 0) {
        throw CommandError{Exit::failed,
                           fmt::format("{} is no member of {}", account.text(), group.empty() ? "any group" : group)};
    }
    session.output().print(
        {{"user", account.text()}, {"revoked", removed}},
        fmt::format("{} is no member of {} any more.", account.text(), group.empty() ? "any group" : group));
}

}  // namespace viaduct::viactl
