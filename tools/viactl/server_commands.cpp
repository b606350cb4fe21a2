// server_commands: stats, ps, ping, reload, version, rpc.
// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include <fmt/format.h>

#include "command_error.hpp"
#include "rpc_parameters.hpp"
#include "server/version.hpp"
#include "statistics.hpp"
#include "table.hpp"

namespace viaduct::viactl {

using nlohmann::json;

void show_statistics(Session& session, const std::string& prefix, bool all) {
    const json samples = select_statistics(session.call("server.stats"), prefix);
    if (samples.empty()) {
        throw CommandError{
            Exit::failed,
            fmt::format("no statistic's name starts with '{}'; viactl stats --all shows them all", prefix)};
    }
    session.output().print(samples, statistics_text(samples, all));
}

void show_workers(Session& session) {
    const json status = session.call("server.ps");
    using Align = Table::Align;
    Table table{{{"WORKER", Align::right},
                 {"LOAD", Align::right},
                 {"QUEUE", Align::right},
                 {"REQUESTS", Align::right},
                 {"TRANSACTIONS", Align::right},
                 {"CONNECTIONS", Align::right},
                 {"SCRIPT MEMORY", Align::right}}};
    for (const json& worker : status.at("workers")) {
        table.add({worker.at("worker").dump(), fmt::format("{:.0f}%", 100 * worker.at("load").get<double>()),
                   worker.at("queue").dump(), worker.at("requests").dump(), worker.at("transactions").dump(),
                   worker.at("connections").dump(), bytes_text(worker.at("memory").get<std::uint64_t>())});
    }
    session.output().print(status, fmt::format("viaduct {}, up {}\n{}", status.at("version").get<std::string>(),
                                               age_text(status.at("uptime").get<std::int64_t>()), table.text()));
}

void ping(Session& session, const std::string& uri) {
    const std::string target = uri.find(':') == std::string::npos ? "sip:" + uri : uri;
    const json answer = session.call("server.ping", {{"uri", target}});
    const int status = answer.at("status").get<int>();
    session.output().print(
        answer, fmt::format("{} answered {} {} after {:.1f} ms", target, status,
                            printable(answer.at("reason").get<std::string>()), answer.at("ms").get<double>()));
    // Anything but these two says that somebody is there, if only to refuse (RFC 3261 section 8.1.3.1).
    if (status == 408 || status == 503) throw CommandError{Exit::failed, fmt::format("{} was not reached", target)};
}

void reload(Session& session) {
    const json answer = session.call("server.reload");
    session.output().print(answer, "Reloaded: new requests use the new script; those under way finish on the old one.");
}

void show_version(Session& session) {
    json versions{{"viactl", server::kVersion}};
    std::string text = fmt::format("viactl {}", server::kVersion);
    try {
        versions["server"] = session.call("server.version").at("version");
        text += fmt::format("\nserver {}", versions["server"].get<std::string>());
    } catch (const std::exception&) {  // no server, or no configuration to find it by: its version is just not known
        versions["server"] = nullptr;
        text += "\nserver not running";
    }
    session.output().print(versions, text);
}

void call_method(Session& session, const std::string& method, const std::vector<std::string>& parameters) {
    const json params = parse_rpc_parameters(parameters);
    const json result = session.call(method, params);
    session.output().print(result, result.is_string() ? result.get<std::string>()
                                                      : result.dump(2, ' ', false, json::error_handler_t::replace));
}

}  // namespace viaduct::viactl
