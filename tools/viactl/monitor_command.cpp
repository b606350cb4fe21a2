// monitor_command: what the server is doing, shown anew every few seconds, with the change since the last time.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <csignal>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "commands.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

struct Line {
    const char* title;
    const char* counter;  // summed over its labels
};
constexpr std::array<Line, 5> kRates{{{"messages received", "viaduct_transport_messages_received_total"},
                                      {"messages sent", "viaduct_transport_messages_sent_total"},
                                      {"REGISTERs", "viaduct_registrar_requests_total"},
                                      {"verifications", "viaduct_auth_verifications_total"},
                                      {"handed to another worker", "viaduct_worker_handed_over_total"}}};

std::map<std::string, double> sums(const json& statistics) {
    std::map<std::string, double> all;
    for (const json& sample : statistics.at("counters"))
        all[sample.at("name").get<std::string>()] += sample.at("value").get<double>();
    return all;
}

double of(const std::map<std::string, double>& all, const char* name) {
    const auto found = all.find(name);
    return found == all.end() ? 0 : found->second;
}

json totals(const json& status) {
    double load = 0;
    std::uint64_t requests = 0, transactions = 0, connections = 0;
    for (const json& worker : status.at("workers")) {
        load += worker.at("load").get<double>();
        requests += worker.at("requests").get<std::uint64_t>();
        transactions += worker.at("transactions").get<std::uint64_t>();
        connections += worker.at("connections").get<std::uint64_t>();
    }
    return {{"uptime", status.at("uptime")}, {"workers", status.at("workers").size()}, {"load", load},
            {"requests", requests},          {"transactions", transactions},           {"connections", connections}};
}

std::string screen(const json& version, const json& now, const json& rates) {
    Table table{{{"FIGURE"}, {"NOW", Table::Align::right}}};
    table.add({"load of all workers", fmt::format("{:.0f}%", 100 * now.at("load").get<double>())});
    for (const char* key : {"requests", "transactions", "connections"})
        table.add({std::string{key} + " under way", now.at(key).dump()});
    for (const auto& [title, rate] : rates.items())
        table.add({title + " a second", fmt::format("{:.1f}", rate.get<double>())});
    return fmt::format("viaduct {}, up {}, {} workers\n\n{}", version.get<std::string>(),
                       age_text(now.at("uptime").get<std::int64_t>()), now.at("workers").dump(), table.text());
}

}  // namespace

void monitor(Session& session, std::int64_t interval, std::int64_t count) {
    const bool whole_screen = !session.output().is_json() && ::isatty(STDOUT_FILENO) == 1;
    auto before = sums(session.call("server.stats"));
    session.call("server.ps");  // its load is since the last time somebody asked
    for (std::int64_t shown = 0; count == 0 || shown < count; ++shown) {
        std::this_thread::sleep_for(std::chrono::seconds{interval});
        const json status = session.call("server.ps");
        const auto now = sums(session.call("server.stats"));
        json rates = json::object();
        for (const Line& line : kRates)
            rates[line.title] = (of(now, line.counter) - of(before, line.counter)) / static_cast<double>(interval);
        json figures = totals(status);
        if (session.output().is_json()) {
            figures["rates"] = rates;
            session.output().print_line(figures);
        } else {
            session.output().print_line((whole_screen ? "\033[H\033[2J" : "") +
                                        screen(status.at("version"), figures, rates));
        }
        before = now;
    }
}

}  // namespace viaduct::viactl
