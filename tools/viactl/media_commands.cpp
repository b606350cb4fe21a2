// media_commands: media list, show, kill, stats: what the media relay of the running server carries.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "commands.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;
using Align = Table::Align;

std::string number(const json& value) { return value.dump(); }

// "tag of the party" is long, and its end tells nothing a person needs.
std::string shortened(const std::string& text) { return text.size() <= 16 ? text : text.substr(0, 14) + ".."; }

std::string call_text(const json& call) {
    Table table{{{"MEDIA"},
                 {"FROM"},
                 {"REMOTE"},
                 {"LOCAL"},
                 {"SECURITY"},
                 {"PACKETS", Align::right},
                 {"LOST", Align::right},
                 {"DROPPED", Align::right},
                 {"JITTER ms", Align::right},
                 {"MOS", Align::right},
                 {"LAST ms", Align::right}}};
    for (const json& one : call.at("streams")) {
        const auto text = [&](const char* key) { return one.at(key).get<std::string>(); };
        table.add({text("media"), shortened(text("from")), text("remote"), text("local"), text("security"),
                   number(one.at("packets")), number(one.at("lost")), number(one.at("dropped")),
                   number(one.at("jitter_ms")), number(one.at("mos")), number(one.at("last_packet_ms"))});
    }
    return fmt::format("{}, {} s\n{}", call.at("call_id").get<std::string>(), call.at("age").get<std::int64_t>(),
                       table.text());
}

}  // namespace

void list_media(Session& session, std::int64_t limit) {
    const json calls = session.call("media.list", {{"limit", static_cast<std::uint64_t>(limit)}}).at("calls");
    std::string text;
    for (const json& one : calls) text += printable(one.get<std::string>()) + '\n';
    session.output().print(calls, calls.empty() ? "no calls\n" : text);
}

void show_media(Session& session, const std::string& call_id) {
    const json call = session.call("media.show", {{"call_id", call_id}});
    session.output().print(call, call_text(call));
}

void kill_media(Session& session, const std::string& call_id) {
    const json result = session.call("media.kill", {{"call_id", call_id}});
    session.output().print(result, "The media of " + printable(call_id) + " has ended.\n");
}

void show_media_statistics(Session& session) {
    const json stats = session.call("media.stats");
    Table table{{{"FIGURE"}, {"VALUE", Align::right}}};
    for (const auto& [name, value] : stats.items()) {
        if (!value.is_object()) table.add({name, number(value)});
    }
    for (const auto& [reason, count] : stats.at("dropped").items()) {
        if (count != 0) table.add({"dropped: " + reason, number(count)});
    }
    session.output().print(stats, table.text());
}

}  // namespace viaduct::viactl
