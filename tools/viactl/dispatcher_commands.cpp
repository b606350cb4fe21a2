// dispatcher_commands: dispatcher show, dump, add, rm, set, reload: table `dispatcher`; a running server is told to
// read it again.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include <viaduct/uri.hpp>

#include "command_error.hpp"
#include "commands.hpp"
#include "rows.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

enum DispatcherColumn : std::size_t { kRowId, kSet, kDestination, kFlags, kPriority, kAttributes, kDescription };

DatabaseRows dispatcher_rows(Session& session, const std::vector<ColumnValue>& where) {
    return session.on_database([&] {
        return session.database().select_now(
            {.table = "dispatcher",
             .columns = {"id", "setid", "destination", "flags", "priority", "attrs", "description"},
             .where = where,
             .order_by = "id",
             .limit = 0});
    });
}

json stored_destination(const DatabaseRow& row) {
    return {{"id", number_at(row, kRowId)},
            {"set", number_at(row, kSet)},
            {"destination", text_at(row, kDestination)},
            {"flags", number_at(row, kFlags)},
            {"priority", number_at(row, kPriority)},
            {"attrs", text_at(row, kAttributes)},
            {"description", text_at(row, kDescription)}};
}

void check_length(const std::string& text, std::size_t longest, const char* what) {
    if (text.size() > longest)
        throw CommandError{Exit::usage, fmt::format("the {} is longer than {} characters", what, longest)};
}

void check_destination(const DestinationOptions& options) {
    const auto uri = Uri::parse(options.destination);
    if (!uri || !uri->is_sip() || uri->host().empty())
        throw CommandError{Exit::usage, fmt::format("'{}' is no SIP URI, as sip:192.0.2.7:5060", options.destination)};
    check_length(options.destination, 192, "destination");
    check_length(options.attributes, 128, "list of attributes");
    check_length(options.description, 64, "description");
}

std::string states_text(const json& destinations) {
    using Align = Table::Align;
    Table table{{{"SET", Align::right},
                 {"DESTINATION"},
                 {"STATE"},
                 {"FOR"},
                 {"ANSWER", Align::right},
                 {"ms", Align::right},
                 {"PRIORITY", Align::right},
                 {"WEIGHT", Align::right},
                 {"SELECTED", Align::right},
                 {"DESCRIPTION"}}};
    for (const json& one : destinations) {
        const auto status = one.at("status").get<int>();
        table.add({one.at("set").dump(), one.at("destination"), one.at("state"),
                   age_text(one.at("since").get<std::int64_t>()),
                   !one.at("probed").get<bool>() ? "not asked"
                   : status == 0                 ? ""
                                                 : std::to_string(status),
                   status == 0 || status == 408 ? "" : fmt::format("{:.1f}", one.at("ms").get<double>()),
                   one.at("priority").dump(), one.at("weight").dump(), one.at("selected").dump(),
                   one.at("description")});
    }
    return table.text();
}

constexpr const char* kNoDestinations = "No destinations; viactl dispatcher add SET DESTINATION adds one.";

}  // namespace

void show_destinations(Session& session) {
    DatabaseRows rows = dispatcher_rows(session, {});
    std::stable_sort(rows.begin(), rows.end(), [](const DatabaseRow& a, const DatabaseRow& b) {
        return number_at(a, kSet) < number_at(b, kSet);
    });
    using Align = Table::Align;
    Table table{{{"ID", Align::right},
                 {"SET", Align::right},
                 {"DESTINATION"},
                 {"FLAGS", Align::right},
                 {"PRIORITY", Align::right},
                 {"ATTRIBUTES"},
                 {"DESCRIPTION"}}};
    json found = json::array();
    for (const DatabaseRow& row : rows) {
        const json one = stored_destination(row);
        table.add({one["id"].dump(), one["set"].dump(), one["destination"], one["flags"].dump(), one["priority"].dump(),
                   one["attrs"], one["description"]});
        found.push_back(one);
    }
    session.output().print(found, table.empty() ? kNoDestinations : table.text());
}

void dump_destinations(Session& session) {
    const json found = session.call("dispatcher.dump");
    session.output().print(found, found.empty() ? kNoDestinations : states_text(found));
}

void add_destination(Session& session, const DestinationOptions& options) {
    check_destination(options);
    const std::vector<ColumnValue> key{{"setid", options.set}, {"destination", options.destination}};
    if (!dispatcher_rows(session, key).empty()) {
        throw CommandError{Exit::failed, fmt::format("{} is in set {} already", options.destination, options.set)};
    }
    session.on_database([&] {
        session.database().write_now({Insert{"dispatcher",
                                             {{"setid", options.set},
                                              {"destination", options.destination},
                                              {"flags", options.flags},
                                              {"priority", options.priority},
                                              {"attrs", options.attributes},
                                              {"description", options.description}}}});
    });
    session.tell("dispatcher.reload", json::object());
    const DatabaseRows stored = dispatcher_rows(session, key);
    session.output().print(stored.empty() ? json::object() : stored_destination(stored.front()),
                           fmt::format("{} is in set {} now.", options.destination, options.set));
}

void remove_destination(Session& session, const DestinationOptions& options) {
    // One number is the row's, as in kamctl.
    const bool by_id = options.destination.empty();
    const DatabaseRows rows = dispatcher_rows(
        session, by_id ? std::vector<ColumnValue>{{"id", options.set}}
                       : std::vector<ColumnValue>{{"setid", options.set}, {"destination", options.destination}});
    if (rows.empty()) {
        throw CommandError{Exit::failed,
                           by_id ? fmt::format("there is no row {}; viactl dispatcher show lists them", options.set)
                                 : fmt::format("{} is not in set {}", options.destination, options.set)};
    }
    std::vector<Change> changes;
    for (const DatabaseRow& row : rows)
        changes.emplace_back(Delete{.table = "dispatcher", .where = {{"id", number_at(row, kRowId)}}});
    session.on_database([&] { session.database().write_now(changes); });
    session.tell("dispatcher.reload", json::object());
    session.output().print({{"removed", changes.size()}},
                           fmt::format("{} is not in set {} any more.", text_at(rows.front(), kDestination),
                                       number_at(rows.front(), kSet)));
}

void set_destination(Session& session, const std::string& state, const DestinationOptions& options) {
    const json now =
        session.call("dispatcher.set", {{"state", state}, {"set", options.set}, {"destination", options.destination}});
    session.output().print(now, states_text(json::array({now})));
}

void reload_destinations(Session& session) {
    const json answer = session.call("dispatcher.reload");
    session.output().print(answer, fmt::format("The server knows {} destinations.", answer.at("destinations").dump()));
}

}  // namespace viaduct::viactl
