// relay_commands: rtpengine show, enable, disable, ping: the external media relays.
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

}  // namespace viaduct::viactl
