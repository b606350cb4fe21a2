// session: finds the configuration, loads the database module without a server, connects to the control socket.
// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "base/log_sink.hpp"
#include "command_error.hpp"
#include "control/control_registry.hpp"
#include "module_host/module_host.hpp"
#include "module_host/offline_faces.hpp"
#include "password_prompt.hpp"

namespace viaduct::viactl {

std::string find_configuration() {
    if (const char* named = std::getenv("VIADUCT_CONFIG"); named != nullptr && *named != '\0') return named;
    for (const char* path : {"etc/viaduct.toml", "/etc/viaduct/viaduct.toml"}) {
        std::error_code ignored;
        if (std::filesystem::exists(path, ignored)) return path;
    }
    return {};
}

// The configured database module, without a server around it.
struct Session::OfflineModules {
    OfflineModules(config::Configuration& configuration, const std::string& folder)
        : log_{set_log_hook(
              [this](LogLevel level, std::string_view tag, std::string_view line) { hear(level, tag, line); })},
          host{faces.faces(), folder} {
        std::vector<module_host::ModuleTable> tables;
        for (const std::string& name : configuration.sections_under("module")) {
            if (name.starts_with("db_")) tables.push_back({name, configuration.section("module." + name)});
        }
        if (tables.empty()) {
            throw ConfigError{fmt::format("{}: no database module is configured; add a table [module.db_sqlite]",
                                          configuration.file())};
        }
        host.load_offering(tables, DatabaseAdmin::kServiceName);
    }

    // A module that finds its database unfit for use says why in one line, and offers DatabaseAdmin alone.
    void hear(LogLevel level, std::string_view tag, std::string_view line) {
        if (level >= LogLevel::warning)
            fmt::print(stderr, "viactl: {}: {}\n", tag, line);
        else
            last_line = line;
    }

    std::string last_line;
    Registration log_;
    module_host::OfflineFaces faces;
    module_host::ModuleHost host;
};

Session::Session(GlobalOptions options) : options_{std::move(options)}, output_{options_.json} {}
Session::~Session() = default;

config::Configuration& Session::configuration() {
    if (!configuration_) {
        const std::string file = options_.config.empty() ? find_configuration() : options_.config;
        if (file.empty()) {
            throw CommandError{
                Exit::configuration,
                "no configuration: there is neither etc/viaduct.toml nor /etc/viaduct/viaduct.toml; name "
                "it with --config or in VIADUCT_CONFIG"};
        }
        configuration_ = std::make_unique<config::Configuration>(config::Configuration::load(file));
    }
    return *configuration_;
}

const config::ServerSettings& Session::settings() {
    if (!settings_) settings_ = std::make_unique<config::ServerSettings>(read_server_settings(configuration()));
    return *settings_;
}

const std::optional<Kamctlrc>& Session::kamctlrc() {
    if (std::exchange(looked_for_kamctlrc_, true)) return kamctlrc_;
    std::string file = options_.kamctlrc;
    if (file.empty() && options_.config.empty() && find_configuration().empty()) file = find_kamctlrc();
    if (!file.empty()) kamctlrc_ = Kamctlrc::load(file);
    return kamctlrc_;
}

config::Configuration& Session::database_configuration() {
    if (!kamctlrc()) return configuration();
    if (!kamailio_) {
        const bool ask = kamctlrc()->needs_password();
        const std::string password =
            ask ? ask_password_once("the database, as " + kamctlrc()->file() + " has none") : "";
        kamailio_ = std::make_unique<config::Configuration>(
            config::Configuration::parse(kamctlrc()->toml(password), kamctlrc()->file()));
    }
    return *kamailio_;
}

std::string Session::default_domain() {
    if (kamctlrc() && !kamctlrc()->domain().empty()) return kamctlrc()->domain();
    if (kamctlrc() && options_.config.empty() && find_configuration().empty()) return {};
    return settings().domains.empty() ? std::string{} : settings().domains.front();
}

Session::OfflineModules& Session::modules() {
    if (!modules_) {
        config::Configuration& used = database_configuration();
        const std::string folder = kamctlrc() ? read_server_settings(used).module_path : settings().module_path;
        modules_ = std::make_unique<OfflineModules>(used, folder);
        used.faults().throw_if_any();
    }
    return *modules_;
}

Database& Session::database() {
    OfflineModules& loaded = modules();
    if (auto* database = static_cast<ServiceApi&>(loaded.faces.services()).find<Database>()) return *database;
    throw CommandError{Exit::database, loaded.last_line.empty() ? "the database cannot be used" : loaded.last_line};
}

DatabaseAdmin& Session::database_admin() {
    return static_cast<ServiceApi&>(modules().faces.services()).require<DatabaseAdmin>();
}

void Session::rethrow_as_database_error(const std::exception& error) {
    if (dynamic_cast<const CommandError*>(&error) != nullptr || dynamic_cast<const ConfigError*>(&error) != nullptr)
        throw;
    throw CommandError{Exit::database, error.what()};
}

std::string Session::socket() {
    if (!options_.socket.empty()) return options_.socket;
    if (kamctlrc() && options_.config.empty() && find_configuration().empty()) return "/run/viaduct/control.sock";
    return settings().control;
}

control::ControlClient& Session::server() {
    if (!client_) client_ = std::make_unique<control::ControlClient>(socket());
    return *client_;
}

nlohmann::json Session::call(const std::string& method, const nlohmann::json& params) {
    return server().call(method, params, kPatience);
}

bool Session::server_runs() {
    try {
        server();
        return true;
    } catch (const control::NotRunning&) {
        return false;
    }
}

void Session::tell(const std::string& method, const nlohmann::json& params) {
    if (!server_runs()) return;
    try {
        call(method, params);
    } catch (const control::RpcError& error) {
        // That module is not loaded, or it knew nothing of it: all is as it should be.
        if (error.code != control::kMethodNotFound && error.code != control::kNotFound) throw;
    }
}

}  // namespace viaduct::viactl
