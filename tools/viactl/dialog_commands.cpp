// dialog_commands: dialog list, show: the calls that the running server follows.
// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "commands.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

std::string calls_text(const json& calls) {
    Table table{{{"CALL-ID"}, {"FROM"}, {"TO"}, {"STATE"}, {"SINCE"}, {"TALKING", Table::Align::right}, {"PROFILE"}}};
    for (const json& one : calls) {
        const auto since = static_cast<std::time_t>(one.at("since").get<std::int64_t>());
        const bool answered = one.at("state") == "confirmed";
        table.add({one.at("call_id"), one.at("from"), one.at("to"), one.at("state"),
                   fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(since)),
                   answered ? age_text(one.at("duration").get<std::int64_t>()) : "", one.at("profile")});
    }
    return table.text();
}

}  // namespace

void list_dialogs(Session& session, std::int64_t limit) {
    const json answer = session.call("dialog.list", {{"limit", static_cast<std::uint64_t>(limit)}});
    const json& calls = answer.at("calls");
    std::string text = calls.empty() ? "No calls.\n" : calls_text(calls);
    const auto total = answer.at("total").get<std::size_t>();
    if (calls.size() < total) text += fmt::format("{} of {} calls; --limit shows more.\n", calls.size(), total);
    session.output().print(answer, text);
}

void show_dialog(Session& session, const std::string& call_id) {
    const json calls = session.call("dialog.show", {{"call_id", call_id}}).at("calls");
    session.output().print(calls, calls_text(calls));
}

}  // namespace viaduct::viactl
