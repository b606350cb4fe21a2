// tls_commands: tls show, tls reload: the certificates of the running server.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "commands.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

std::string joined(const json& texts) {
    std::string all;
    for (const json& text : texts) all += (all.empty() ? "" : ", ") + text.get<std::string>();
    return all;
}

std::string days_text(std::int64_t days) {
    return days >= 0 ? fmt::format("in {} days", days) : fmt::format("{} days ago", -days);
}

std::string profiles_text(const json& profiles) {
    Table table{{{"PROFILE"}, {"NAMES"}, {"KEY"}, {"EXPIRES"}, {"SERIAL"}, {"CLIENTS"}, {"FILE"}}};
    for (const json& profile : profiles) {
        const std::string name = profile.at("profile").get<std::string>();
        const std::string shown = name.empty() ? "(default)" : name;
        const std::string clients = profile.at("client_certificates").get<std::string>();
        if (profile.at("certificates").empty()) table.add({shown, "-", "-", "-", "-", clients, "-"});
        for (const json& one : profile.at("certificates")) {
            table.add({shown, joined(one.at("names")), one.at("key").get<std::string>(),
                       days_text(one.at("days_left").get<std::int64_t>()), one.at("serial").get<std::string>(), clients,
                       one.at("file").get<std::string>()});
        }
    }
    return table.text();
}

}  // namespace

void show_tls(Session& session) {
    const json profiles = session.call("tls.show").at("profiles");
    session.output().print(profiles, profiles_text(profiles));
}

void reload_tls(Session& session) {
    const json profiles = session.call("tls.reload").at("profiles");
    session.output().print(profiles, "Reloaded: new connections use these certificates, the others keep theirs.\n" +
                                         profiles_text(profiles));
}

}  // namespace viaduct::viactl
