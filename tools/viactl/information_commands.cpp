// information_commands: srv sockets, aliases, rpclist, debug, modules, version; uptime; online.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "commands.hpp"
#include "control/control_registry.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

std::string lines_of(const json& texts) {
    std::string all;
    for (const json& text : texts) all += text.get<std::string>() + '\n';
    return all;
}

}  // namespace

void show_sockets(Session& session) {
    const json sockets = session.call("server.sockets");
    Table table{{{"TRANSPORT"}, {"ADDRESS"}, {"ADVERTISED AS"}}};
    for (const json& socket : sockets) {
        std::string advertised = socket.at("advertise").get<std::string>();
        if (const auto port = socket.at("advertise_port").get<unsigned>(); !advertised.empty() && port != 0)
            advertised += fmt::format(":{}", port);
        table.add({socket.at("transport"), socket.at("address"), advertised});
    }
    session.output().print(sockets, table.text());
}

void show_server_domains(Session& session) {
    json domains = session.call("server.aliases");
    try {
        for (const json& domain : session.call("domain.dump")) {
            if (std::find(domains.begin(), domains.end(), domain) == domains.end()) domains.push_back(domain);
        }
    } catch (const control::RpcError& error) {  // that module is not loaded
        if (error.code != control::kMethodNotFound) throw;
    }
    session.output().print(domains, lines_of(domains));
}

void show_methods(Session& session) {
    const json methods = session.call("system.methods");
    Table table{{{"METHOD"}, {"PARAMETERS"}, {"DOES"}}};
    for (const json& method : methods) table.add({method.at("method"), method.at("usage"), method.at("help")});
    session.output().print(methods, table.text());
}

void set_debug_level(Session& session, const std::string& level) {
    json params = json::object();
    if (!level.empty()) params["level"] = level;
    const json answer = session.call("server.debug", params);
    session.output().print(answer, "The log level is " + answer.at("level").get<std::string>() + '.');
}

void show_modules(Session& session) {
    const json modules = session.call("server.modules");
    Table table{{{"MODULE"}, {"WHAT IT IS"}}};
    for (const json& module : modules) table.add({module.at("name"), module.at("summary")});
    session.output().print(modules, table.text());
}

void show_uptime(Session& session) {
    const json status = session.call("server.ps");
    const auto seconds = status.at("uptime").get<std::int64_t>();
    session.output().print({{"uptime", seconds}}, "up " + age_text(seconds));
}

void show_online(Session& session) {
    const json answer = session.call("registrar.show", {{"limit", 0}});
    std::set<std::string> names;
    for (const json& binding : answer.at("bindings")) names.insert(binding.at("aor").get<std::string>());
    session.output().print(json(names), names.empty() ? "Nobody is registered.\n" : lines_of(json(names)));
}

}  // namespace viaduct::viactl
