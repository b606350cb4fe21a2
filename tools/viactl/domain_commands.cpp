// domain_commands: domain show, showdb, add, rm, reload: table `domain`; a running server is told to read it again.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "account.hpp"
#include "command_error.hpp"
#include "commands.hpp"
#include "control/control_registry.hpp"
#include "rows.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

json stored_domains(Session& session) {
    std::vector<std::string> names;
    session.on_database([&] {
        session.database().scan_now({.table = "domain", .columns = {"domain"}, .where = {}, .order_by = {}, .limit = 0},
                                    [&](DatabaseRow& row) { names.push_back(text_at(row, 0)); });
    });
    std::sort(names.begin(), names.end());
    return names;
}

bool is_stored(Session& session, const std::string& domain) {
    return session.on_database([&] {
        return !session.database()
                    .select_now({.table = "domain",
                                 .columns = {"domain"},
                                 .where = {{"domain", domain}},
                                 .order_by = {},
                                 .limit = 1})
                    .empty();
    });
}

void print_domains(Session& session, const char* source, const json& domains) {
    std::string text;
    for (const json& domain : domains) text += domain.get<std::string>() + '\n';
    if (domains.empty())
        text = "No domains besides those of the configuration file; viactl domain add DOMAIN adds one.\n";
    session.output().print({{"source", source}, {"domains", domains}}, text);
}

}  // namespace

void show_domains(Session& session, bool stored) {
    if (!stored && session.server_runs()) {
        try {
            return print_domains(session, "server", session.call("domain.dump"));
        } catch (const control::RpcError& error) {
            if (error.code != control::kMethodNotFound) throw;
            throw CommandError{
                Exit::failed, "the running server does not load [module.domain]; viactl domain showdb shows the table"};
        }
    }
    print_domains(session, "database", stored_domains(session));
}

void add_domain(Session& session, const std::string& text) {
    const std::string domain = parse_domain(text);
    if (is_stored(session, domain)) {
        throw CommandError{Exit::failed, fmt::format("domain {} is there already", domain)};
    }
    session.on_database([&] {
        session.database().write_now(
            {Insert{"domain", {{"domain", domain}, {"did", domain}, {"last_modified", this_moment()}}}});
    });
    session.tell("domain.reload", json::object());
    session.output().print({{"added", domain}}, fmt::format("{} is a domain of ours now.", domain));
}

void remove_domain(Session& session, const std::string& text) {
    const std::string domain = parse_domain(text);
    const auto removed = session.on_database([&] {
        return session.database().write_now({Delete{.table = "domain", .where = {{"domain", domain}}}});
    });
    if (removed == 0) throw CommandError{Exit::failed, fmt::format("there is no domain {} in the table", domain)};
    session.tell("domain.reload", json::object());
    session.output().print({{"removed", domain}}, fmt::format("{} is no domain of ours any more.", domain));
}

void reload_domains(Session& session) {
    const json answer = session.call("domain.reload");
    session.output().print(answer, fmt::format("The server knows {} domains.", answer.at("domains").dump()));
}

}  // namespace viaduct::viactl
