// explain_command: config explain: from the running server when there is one, else from the configuration and the
// modules it names, constructed without a server: reading a key is what declares it.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <fmt/format.h>

#include <viaduct/client_api.hpp>

#include "base/log_sink.hpp"
#include "command_error.hpp"
#include "commands.hpp"
#include "config/explain.hpp"
#include "module_host/module_host.hpp"
#include "module_host/offline_faces.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

// The service that the server itself offers; nothing is sent here.
class NoClient final : public ClientApi {
    void send(Message, const Target&, Completion<Message>) override {}
    bool send_keep_alive(const Flow&) override { return false; }
};

std::vector<config::DeclaredKey> explain_running(Session& session, const std::string& section) {
    std::vector<config::DeclaredKey> keys;
    if (!session.server_runs()) return keys;
    for (const json& key : session.call("config.explain", {{"section", section}})) {
        keys.push_back({.section = key.at("section"),
                        .key = key.at("key"),
                        .type = key.at("type"),
                        .fallback = key.at("default"),
                        .value = key.at("value"),
                        .help = key.at("help"),
                        .line = key.at("line")});
    }
    return keys;
}

// The modules of the file, and the one that is asked about even when the file does not load it.
std::vector<module_host::ModuleTable> module_tables(config::Configuration& configuration, const std::string& section) {
    constexpr std::string_view kPrefix = "module.";
    std::vector<std::string> names = configuration.sections_under("module");
    if (section.starts_with(kPrefix) && !configuration.has_section(section))
        names.push_back(section.substr(kPrefix.size()));
    std::vector<module_host::ModuleTable> tables;
    for (const std::string& name : names) tables.push_back({name, configuration.section("module." + name)});
    return tables;
}

std::vector<config::DeclaredKey> explain_offline(Session& session, const std::string& section) {
    config::Configuration& configuration = session.configuration();
    const std::string folder = session.settings().module_path;
    if (section.empty() || section.starts_with("module")) {
        const Registration quiet = set_log_hook([](LogLevel, std::string_view, std::string_view) {});
        NoClient client;
        module_host::OfflineFaces faces;
        const Registration offered = static_cast<ServiceApi&>(faces.services()).offer<ClientApi>(client);
        module_host::ModuleHost host{faces.faces(), folder};
        try {
            host.load(module_tables(configuration, section));
        } catch (const ConfigError& error) {  // what was read until then is still worth showing
            fmt::print(stderr, "viactl: keys may be missing: {}\n", error.what());
        }
    }
    return configuration.explain(section);
}

}  // namespace

void explain_configuration(Session& session, const std::string& section) {
    std::vector<config::DeclaredKey> keys = explain_running(session, section);
    if (keys.empty()) keys = explain_offline(session, section);
    if (keys.empty()) {
        throw CommandError{
            Exit::failed,
            fmt::format("nothing is known about '{}'; viactl config explain shows all there is", section)};
    }
    session.output().print(config::explain_json(keys), config::explain_text(keys));
}

}  // namespace viaduct::viactl
