// media_commands: rtpengine show, enable, disable, ping; media list, show, kill, stats.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "commands.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

std::string relays_text(const json& relays) {
    Table table{{{"RELAY"}, {"ADDRESS"}, {"SET"}, {"WEIGHT"}, {"STATE"}, {"REQUESTS"}, {"TIMEOUTS"}, {"REFUSALS"}}};
    const auto number = [](const json& relay, const char* key) {
        return std::to_string(relay.at(key).get<std::uint64_t>());
    };
    for (const json& relay : relays) {
        const bool enabled = relay.at("enabled").get<bool>();
        table.add({relay.at("name").get<std::string>(), relay.at("address").get<std::string>(), number(relay, "set"),
                   number(relay, "weight"), enabled ? relay.at("health").get<std::string>() : "disabled",
                   number(relay, "requests"), number(relay, "timeouts"), number(relay, "refusals")});
    }
    return table.text();
}

std::string streams_text(const json& streams) {
    Table table{{{"MEDIA"}, {"FROM"}, {"SEEN AT"}, {"SECURITY"}, {"PACKETS"}, {"BYTES"}, {"LAST"}}};
    for (const json& one : streams) {
        table.add({one.at("media").get<std::string>(), one.at("side").get<std::string>(),
                   one.at("remote").get<std::string>(), one.at("security").get<std::string>(),
                   std::to_string(one.at("packets").get<std::uint64_t>()),
                   std::to_string(one.at("bytes").get<std::uint64_t>()),
                   fmt::format("{:.0f} s ago", one.at("last_packet_s").get<double>())});
    }
    return table.text();
}

}  // namespace

void show_relays(Session& session) {
    const json relays = session.call("rtpengine.show").at("relays");
    session.output().print(relays, relays_text(relays));
}

void enable_relay(Session& session, const std::string& relay, bool enable) {
    const json now = session.call(enable ? "rtpengine.enable" : "rtpengine.disable", {{"relay", relay}});
    session.output().print(now, relays_text(json::array({now})));
}

void ping_relay(Session& session, const std::string& relay) {
    const json now = session.call("rtpengine.ping", {{"relay", relay}});
    const bool answered = now.at("answered").get<bool>();
    session.output().print(now, answered ? fmt::format("{} answers after {:.1f} ms\n",
                                                       now.at("address").get<std::string>(), now.at("ms").get<double>())
                                         : now.at("address").get<std::string>() + " does not answer\n");
}

void list_media(Session& session) {
    const json calls = session.call("media.list").at("calls");
    std::string text;
    for (const json& one : calls) text += one.get<std::string>() + "\n";
    session.output().print(calls, text);
}

void show_media(Session& session, const std::string& call_id) {
    const json call = session.call("media.show", {{"call_id", call_id}});
    session.output().print(call, streams_text(call.at("streams")));
}

void kill_media(Session& session, const std::string& call_id) {
    const json killed = session.call("media.kill", {{"call_id", call_id}});
    session.output().print(killed, "The media of " + call_id + " has ended.\n");
}

void show_media_stats(Session& session) {
    const json stats = session.call("media.stats");
    session.output().print(stats, fmt::format("{} bridged calls\n", stats.at("bridged_calls").get<std::uint64_t>()));
}

}  // namespace viaduct::viactl
