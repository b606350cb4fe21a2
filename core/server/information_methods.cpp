// information_methods: see information_methods.hpp. JSON shapes are in tools/viactl/README.md.
// SPDX-License-Identifier: Apache-2.0
#include "server/information_methods.hpp"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <viaduct/control_api.hpp>

#include "base/log_sink.hpp"
#include "server/server.hpp"

namespace viaduct::server {

namespace {

using nlohmann::json;

constexpr std::array<const char*, 6> kLevels{"trace", "debug", "info", "warning", "error", "off"};

json sockets(const Server& server) {
    json all = json::array();
    for (const auto& listener : server.settings().listeners) {
        all.push_back({{"transport", to_text(listener.transport)},
                       {"address", listener.address.text()},
                       {"advertise", listener.advertise_host},
                       {"advertise_port", listener.advertise_port}});
    }
    return all;
}

json modules(const Server& server) {
    json all = json::array();
    for (const auto& module : server.modules()) all.push_back({{"name", module.name}, {"summary", module.summary}});
    return all;
}

void debug(const json& params, const ControlReplyPtr& reply) {
    if (const auto wanted = params.find("level"); wanted != params.end()) {
        const auto level = wanted->is_string() ? log_level_from_text(wanted->get<std::string>()) : std::nullopt;
        if (!level) return reply->error({-32602, fmt::format("{} is no log level", wanted->dump())});
        set_log_level(*level);
    }
    reply->result({{"level", kLevels.at(static_cast<std::size_t>(log_level()))}});
}

}  // namespace

std::vector<Registration> add_information_methods(Server& server) {
    auto& control = server.control();
    std::vector<Registration> methods;
    methods.push_back(control.add("server.sockets", "", "What the server listens on.",
                                  [&server](const json&, ControlReplyPtr reply) { reply->result(sockets(server)); }));
    methods.push_back(control.add(
        "server.aliases", "", "The domains of the configuration file; domain.dump has those of the database.",
        [&server](const json&, ControlReplyPtr reply) { reply->result(server.settings().domains); }));
    methods.push_back(control.add("server.modules", "", "The modules that are loaded.",
                                  [&server](const json&, ControlReplyPtr reply) { reply->result(modules(server)); }));
    methods.push_back(control.add("server.debug", "[level]", "The log level; with `level` it is changed until the end.",
                                  [](const json& params, ControlReplyPtr reply) { debug(params, reply); }));
    return methods;
}

}  // namespace viaduct::server
