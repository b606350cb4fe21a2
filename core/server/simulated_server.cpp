// simulated_server: see simulated_server.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "server/simulated_server.hpp"

#include <fstream>

#include <fmt/format.h>

#include <viaduct/database.hpp>
#include <viaduct/digest.hpp>

namespace viaduct::server {

namespace {

constexpr std::string_view kUsualModules =
    "[module.db_sqlite]\n[module.auth]\n[module.registrar]\n[module.options]\n[module.nat]\nping = "
    "\"none\"\n[module.media]\n";

std::vector<transport::Listener> listeners(bool web) {
    std::vector<transport::Listener> all;
    const auto add = [&all](Transport transport, const std::string& address) {
        all.push_back({.transport = transport,
                       .address = *SocketAddress::from_text(address),
                       .index = static_cast<std::uint16_t>(all.size())});
    };
    for (const std::string host : {"192.0.2.1", "[2001:db8::1]"}) {
        add(Transport::udp, host + ":5060");
        add(Transport::tcp, host + ":5060");
        if (web) add(Transport::ws, host + ":8080");
    }
    return all;
}

}  // namespace

SimulatedServer::SimulatedServer(Options options)
    : options_{std::move(options)},
      environment_{std::make_unique<SimulatedEnvironment>(options_.threads, options_.seed)} {
    if (options_.dns) environment_->set_dns(options_.dns);
    if (!options_.script_text.empty()) {
        options_.script = folder() / "test.lua";
        std::ofstream{options_.script} << options_.script_text;
    }
    auto settings = configuration();
    server_ =
        std::make_unique<Server>(std::move(settings), *environment_,
                                 Server::Options{.listeners = listeners(options_.web), .workers = options_.workers});
    if (options_.domain.empty()) options_.domain = server_->settings().domains.front();
    for (unsigned worker = 0; worker < server_->workers().count(); ++worker) {
        server_->workers().post(worker, [this, worker] { server_->worker_started(worker); });
    }
    environment_->start(server_->workers());
    run();
}

SimulatedServer::~SimulatedServer() {
    environment_->stop();
    for (const auto& [name, phone] : phones_) environment_->detach(phone->network());
    phones_.clear();
    server_.reset();
}

SocketAddress SimulatedServer::address() { return *SocketAddress::from_text("192.0.2.1:5060"); }
SocketAddress SimulatedServer::web_address() { return *SocketAddress::from_text("192.0.2.1:8080"); }

config::Configuration SimulatedServer::configuration() {
    auto configuration = [&] {
        if (!options_.configuration.empty()) return config::Configuration::load(options_.configuration);
        std::string text = fmt::format("[server]\ndomains = [\"{}\"]\nscript = \"{}\"\nserver_header = \"\"\n",
                                       options_.domain, options_.script);
        text += options_.toml;
        text += "\n[[listen]]\naddress = \"192.0.2.1:5060\"\n";  // there must be one; Server is given ours instead
        if (options_.toml.find("[module.") == std::string::npos) text += kUsualModules;
        return config::Configuration::parse(text, folder() / "viaduct.toml");
    }();
    configuration.override_text("server", "script", options_.script);
    sandbox_database(configuration, folder());
    return configuration;
}

simulation::Phone& SimulatedServer::phone(const std::string& name, Transport transport) {
    return phone(name, PhonePlace{.transport = transport});
}

simulation::Phone& SimulatedServer::phone(const std::string& name, const PhonePlace& place) {
    auto& phone = phones_[name];
    if (phone) return *phone;
    const auto number = phones_.size() + 6;
    const auto own =
        place.ipv6 ? fmt::format("[2001:db8:1::{}]:5060", number) : fmt::format("198.51.100.{}:5060", number);
    SocketAddress server = *SocketAddress::from_text(place.ipv6 ? "[2001:db8::1]:5060" : "192.0.2.1:5060");
    if (place.transport == Transport::ws) server.set_port(8080);
    phone = std::make_unique<simulation::Phone>(
        environment_->wire(),
        simulation::Phone::Place{.name = name,
                                 .transport = place.transport,
                                 .own = *SocketAddress::from_text(own),
                                 .server = server,
                                 .domain = place.domain.empty() ? options_.domain : place.domain,
                                 .contact_host = place.contact_host},
        [this] { run(); });
    environment_->attach(phone->network());
    return *phone;
}

void SimulatedServer::add_subscriber(const std::string& user, const std::string& password, const std::string& domain) {
    const std::string& realm = domain.empty() ? options_.domain : domain;
    auto& database = server_->services().require<Database>();
    const auto ha1 = [&](DigestAlgorithm algorithm) { return digest_ha1(algorithm, user, realm, password).text(); };
    database.write_now(
        {Upsert{.table = "subscriber",
                .key = {"username", "domain"},
                .row = {{"username", user},
                        {"domain", realm},
                        {"ha1", ha1(DigestAlgorithm::md5)},
                        {"ha1b", digest_ha1(DigestAlgorithm::md5, user + '@' + realm, realm, password).text()},
                        {"ha1_sha256", ha1(DigestAlgorithm::sha256)},
                        {"ha1_sha512_256", ha1(DigestAlgorithm::sha512_256)}}}});
}

std::uint64_t SimulatedServer::count(std::string_view counter, std::string_view labels) const {
    if (labels.empty()) return server_->metrics().total(counter);
    for (const MetricSample& sample : server_->metrics().samples()) {
        if (sample.name == counter && sample.labels == labels) return static_cast<std::uint64_t>(sample.value);
    }
    return 0;
}

}  // namespace viaduct::server
