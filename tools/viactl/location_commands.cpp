// location_commands: ul show, add, rm, dbclean: through the running registrar; `show` reads the database when none
// runs.
// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <fmt/format.h>

#include "account.hpp"
#include "bindings.hpp"
#include "command_error.hpp"
#include "commands.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

Account account_of(Session& session, const std::string& text) { return parse_account(text, session.default_domain()); }

// Both: {"bindings": [at most `limit`, 0: all], "total"}.
json running_bindings(Session& session, const std::optional<Account>& account, std::int64_t limit) {
    json params{{"limit", limit}};
    if (account) params["aor"] = account->address_of_record();
    return session.call("registrar.show", params);
}

json stored_bindings(Session& session, const std::optional<Account>& account, std::int64_t limit) {
    const std::int64_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    const std::string domain = session.default_domain();
    Select query{.table = "location", .columns = location_columns(), .where = {}, .order_by = {}, .limit = 0};
    if (account) query.where.push_back({"username", account->user});  // the domain may be NULL: compared below
    json bindings = json::array();
    std::int64_t total = 0;
    session.on_database([&] {
        session.database().scan_now(query, [&](DatabaseRow& row) {
            auto binding = binding_of_row(row, domain, now);
            if (!binding || (account && binding->at("aor") != account->address_of_record())) return;
            if (++total <= limit || limit == 0) bindings.push_back(std::move(*binding));
        });
    });
    return {{"bindings", std::move(bindings)}, {"total", total}};
}

}  // namespace

void show_bindings(Session& session, const std::string& address_of_record, const ShowOptions& options) {
    std::optional<Account> account;
    if (!address_of_record.empty()) account = account_of(session, address_of_record);
    const bool running = session.server_runs();
    const json found =
        running ? running_bindings(session, account, options.limit) : stored_bindings(session, account, options.limit);
    const json& bindings = found.at("bindings");
    if (account && bindings.empty()) throw CommandError{Exit::failed, account->text() + " is not registered"};
    std::string text = bindings_text(bindings, options.brief);
    if (bindings.size() < found.at("total").get<std::uint64_t>()) {
        text += fmt::format("({} of {} shown; --limit 0 shows all)\n", bindings.size(), found.at("total").dump());
    }
    if (const auto loading = found.find("loading"); loading != found.end()) {
        text += fmt::format("(the server still reads them from the database: {} of about {} rows)\n",
                            loading->at("rows").dump(), loading->at("expected").dump());
    }
    if (!running) text += "(as stored in the database; no server is running)\n";
    session.output().print(
        {{"source", running ? "server" : "database"}, {"bindings", bindings}, {"total", found.at("total")}}, text);
}

void add_binding(Session& session, const std::string& address_of_record, const BindingOptions& options) {
    const Account account = account_of(session, address_of_record);
    json params{{"aor", account.address_of_record()}, {"contact", options.contact}, {"expires", options.expires}};
    if (!options.path.empty()) params["path"] = options.path;
    const json answer = session.call("registrar.add", params);
    session.output().print(answer, fmt::format("{} is now reachable at {}.", account.text(), options.contact));
}

void remove_bindings(Session& session, const std::string& address_of_record, const std::string& contact) {
    const Account account = account_of(session, address_of_record);
    json params{{"aor", account.address_of_record()}};
    if (!contact.empty()) params["contact"] = contact;
    const json answer = session.call("registrar.remove", params);
    session.output().print(
        answer, fmt::format("Removed {} of {}.", contact.empty() ? "all bindings" : contact, account.text()));
}

void clean_bindings(Session& session, std::int64_t seconds) {
    const std::int64_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    const auto removed = session.on_database([&] {
        return session.database().write_now({Delete{.table = "location",
                                                    .where = {},
                                                    .before_column = "expires",
                                                    .before_value = DatabaseTime{now - seconds}}});
    });
    session.output().print({{"removed", removed}},
                           fmt::format("Removed {} rows that expired more than {} ago.", removed, age_text(seconds)));
}

}  // namespace viaduct::viactl
