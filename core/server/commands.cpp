// commands: see commands.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "server/commands.hpp"

#include <csignal>
#include <filesystem>
#include <iostream>

#include <systemd/sd-daemon.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "base/log_sink.hpp"
#include "control/control_server.hpp"
#include "control/control_socket.hpp"
#include "script/test_runner.hpp"
#include "server/control_methods.hpp"
#include "server/dry_server.hpp"
#include "server/persistent_secret.hpp"
#include "server/real_environment.hpp"
#include "server/server.hpp"
#include "server/test_bench.hpp"

namespace viaduct::server {

namespace {

// First SIGTERM or SIGINT: finish what is under way, then stop. Second: stop now. SIGHUP: reload the script.
class Signals {
public:
    Signals(boost::asio::io_context& loop, Server& server, RealEnvironment& environment)
        : signals_{loop, SIGTERM, SIGINT, SIGHUP}, server_{server}, environment_{environment} {
        wait();
    }

private:
    void wait() {
        signals_.async_wait([this](const boost::system::error_code& error, int signal) {
            if (error) return;
            if (signal == SIGHUP)
                reload();
            else if (std::exchange(stopping_, true))
                environment_.stop();
            else
                stop();
            wait();
        });
    }
    void stop() {
        sd_notify(0, "STOPPING=1");
        server_.drain([this] { environment_.stop(); });
    }
    void reload() {
        server_.reload([this](const std::vector<std::string>& problems) {
            for (const std::string& problem : problems) log_.error("{}", problem);
            if (problems.empty()) log_.info("the script was loaded anew");
        });
    }

    boost::asio::signal_set signals_;
    Server& server_;
    RealEnvironment& environment_;
    Logger log_{"server"};
    bool stopping_ = false;
};

transport::DnsServerSettings dns_servers(const config::DnsSettings& dns) {
    return {.servers = dns.servers, .timeout = dns.timeout, .attempts = dns.attempts};
}

// Without it the server works; only calls that stand at a restart cannot be changed or hung up through it afterwards.
std::uint64_t dialog_secret_of(const config::ServerSettings& settings) {
    try {
        return persistent_secret(settings.secret_file);
    } catch (const std::system_error& error) {
        Logger{"server"}.warning(
            "{}; calls that stand at the next restart cannot be hung up through this server afterwards: let it write "
            "that "
            "file, or name another in [server] secret_file",
            error.what());
        return 0;
    }
}

}  // namespace

int run_command(const std::string& file) {
    std::signal(SIGPIPE, SIG_IGN);
    auto configuration = config::Configuration::load(file);
    const auto settings = config::read_server_settings(configuration);
    set_log_level(settings.log_level);
    if (settings.log != "stderr") set_log_file(settings.log);

    // Refuses a second server first of all. With faults there is no socket: building the server names them all.
    std::unique_ptr<control::ControlSocket> socket;
    if (configuration.faults().empty()) socket = std::make_unique<control::ControlSocket>(settings.control);
    RealEnvironment environment{dns_servers(settings.dns)};
    const std::uint64_t dialog_secret = configuration.faults().empty() ? dialog_secret_of(settings) : 0;
    Server server{std::move(configuration), environment, {.dialog_secret = dialog_secret}};
    const auto methods =
        add_control_methods(server, {.cpu_time = [&](unsigned worker) { return environment.cpu_time(worker); }});
    control::ControlServer control{
        {.loop = environment.loop(0),
         .registry = server.control(),
         .post = [&](UniqueFunction<void()> work) { server.workers().post(0, std::move(work)); }},
        std::move(socket)};
    Signals signals{environment.loop(0), server, environment};
    sd_notify(0, "READY=1");
    environment.run(server.workers(), [&](unsigned worker) { server.worker_started(worker); });
    flush_log();
    return 0;
}

int check_command(const std::string& file) {
    set_log_level(LogLevel::error);
    DryServer server{file};
    const std::string& script = server->settings().script;
    std::cout << file << (script.empty() ? " is fine.\n" : " and " + script + " are fine.\n");
    return 0;
}

int test_command(const std::string& file, std::vector<std::string> paths) {
    auto configuration = config::Configuration::load(file);
    const std::string script = config::read_server_settings(configuration).script;
    if (paths.empty()) paths.push_back(std::filesystem::path{script}.parent_path());
    return script::run_script_tests(
        paths, script, [&file](const std::string& path) { return make_test_bench(file, path); }, std::cout);
}

}  // namespace viaduct::server
