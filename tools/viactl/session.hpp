// session: what a command works with: the configuration, the database, the running server; each opened at first use.
//
// One per run of viactl, one thread. Failures are CommandError and control::NotRunning with a sentence that says what
// to do.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include <viaduct/database.hpp>

#include "config/configuration.hpp"
#include "config/server_settings.hpp"
#include "control/control_client.hpp"
#include "kamctlrc.hpp"
#include "output.hpp"

namespace viaduct::viactl {

struct GlobalOptions {
    std::string config;    // "": found by find_configuration()
    std::string socket;    // "": [server] control
    std::string kamctlrc;  // the database is the one named there
    bool json = false;
};

// $VIADUCT_CONFIG, ./etc/viaduct.toml, /etc/viaduct/viaduct.toml: the first that is there, else "".
std::string find_configuration();

class Session {
public:
    static constexpr std::chrono::milliseconds kPatience{70'000};  // the server gives up after 60 s by itself

    explicit Session(GlobalOptions options);
    ~Session();

    const Output& output() const { return output_; }
    // Throws CommandError when there is none.
    config::Configuration& configuration();
    const config::ServerSettings& settings();
    std::string default_domain();

    Database& database();
    DatabaseAdmin& database_admin();
    // Runs something on the database; what it throws becomes CommandError (database).
    template <class Work>
    auto on_database(Work work) -> decltype(work());

    // Calls the running server. Throws control::NotRunning, control::RpcError.
    nlohmann::json call(const std::string& method, const nlohmann::json& params = nlohmann::json::object());
    control::ControlClient& server();
    bool server_runs();
    // Tells a running server; silent when none runs or it does not know the method.
    void tell(const std::string& method, const nlohmann::json& params);

private:
    struct OfflineModules;
    std::string socket();
    // Where the database is said to be by Kamailio's tools: named on the command line, or found where there is no
    // configuration of ours.
    const std::optional<Kamctlrc>& kamctlrc();
    config::Configuration& database_configuration();
    OfflineModules& modules();
    [[noreturn]] static void rethrow_as_database_error(const std::exception& error);

    GlobalOptions options_;
    Output output_;
    std::unique_ptr<config::Configuration> configuration_;
    std::unique_ptr<config::ServerSettings> settings_;
    bool looked_for_kamctlrc_ = false;
    std::optional<Kamctlrc> kamctlrc_;
    std::unique_ptr<config::Configuration> kamailio_;  // kamctlrc as a configuration
    std::unique_ptr<OfflineModules> modules_;
    std::unique_ptr<control::ControlClient> client_;
};

template <class Work>
auto Session::on_database(Work work) -> decltype(work()) {
    try {
        return work();
    } catch (const std::exception& error) {
        rethrow_as_database_error(error);
    }
}

}  // namespace viaduct::viactl
