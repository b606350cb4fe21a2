// simulated_server: the whole server in memory with phones around it: what flow tests and `viaduct test` talk to.
//
// The address of the server is 192.0.2.1:5060 (UDP and TCP) and [2001:db8::1]:5060, of its web side (HTTP and
// WebSocket) the same with port 8080; phones sit at 198.51.100.N and 2001:db8:1::N. Real modules, real Lua, a real
// database file in a folder that is removed at the end. One driving thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.hpp"
#include "config/configuration.hpp"
#include "server/sandbox.hpp"
#include "server/server.hpp"
#include "server/simulated_environment.hpp"
#include "simulation/phone.hpp"

namespace viaduct::server {

class SimulatedServer {
public:
    struct Options {
        std::string script;       // path of the Lua script; or
        std::string script_text;  // its text
        std::string domain = "example.test";
        unsigned workers = 1;
        SimulatedEnvironment::Threads threads = SimulatedEnvironment::Threads::one;
        std::uint32_t seed = 1;
        std::string toml;           // more tables: "[module.auth]\n..."; without any [module.] table: the usual six
        std::string configuration;  // an operator's file instead: its modules and limits, our listeners and database
        std::function<void(transport::MemoryDnsClient&)> dns;  // what the name servers know
        bool web = false;  // listens for HTTP and WebSocket, too; needs [module.http]
    };
    // Throws ConfigError when script or configuration are faulty.
    explicit SimulatedServer(Options options);
    ~SimulatedServer();

    static SocketAddress address();      // IPv4
    static SocketAddress web_address();  // IPv4
    const std::string& domain() const { return options_.domain; }
    Server& server() { return *server_; }
    SimulatedEnvironment& environment() { return *environment_; }

    // The phone of that name, made at first use. It takes the server as its outbound proxy.
    simulation::Phone& phone(const std::string& name, Transport transport = Transport::udp);
    struct PhonePlace {
        Transport transport = Transport::udp;
        bool ipv6 = false;
        std::string contact_host;  // behind NAT: what it believes its address to be
        std::string domain;        // "": the server's
    };
    simulation::Phone& phone(const std::string& name, const PhonePlace& place);

    // Into the database; needs a db module.
    void add_subscriber(const std::string& user, const std::string& password, const std::string& domain = {});

    void run() { environment_->run(); }
    void advance(Duration by) { environment_->advance(by); }
    // Without labels: the sum of all that have the name.
    std::uint64_t count(std::string_view counter, std::string_view labels = {}) const;
    const std::filesystem::path& folder() const { return folder_.path(); }

private:
    config::Configuration configuration();

    Options options_;
    TemporaryFolder folder_;
    std::unique_ptr<SimulatedEnvironment> environment_;
    std::unique_ptr<Server> server_;
    std::map<std::string, std::unique_ptr<simulation::Phone>> phones_;
};

}  // namespace viaduct::server
