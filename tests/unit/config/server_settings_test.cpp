// The server's own tables, and the shipped file.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "config/listen_settings.hpp"
#include "config/server_settings.hpp"
#include "config_text.hpp"

namespace viaduct::config {
namespace {

const std::string kLeast = "[server]\ndomains = [\"Example.Test\", \"example.test\"]\n";
const std::string kListen = "[[listen]]\ntransport = \"udp\"\naddress = \"192.0.2.1:5060\"\n";

std::string faults_with(const std::string& text) {
    Configuration configuration = parsed(text);
    read_server_settings(configuration);
    configuration.check_undeclared();
    return faults_of(configuration);
}

}  // namespace

TEST_CASE("the least configuration is a domain and a listener; the rest has defaults") {
    Configuration configuration = parsed(kLeast + kListen);
    const ServerSettings settings = read_server_settings(configuration);
    CHECK(faults_of(configuration) == "");
    CHECK(settings.domains == std::vector<std::string>{"example.test"});
    CHECK(settings.proxy.domains == settings.domains);
    CHECK(settings.script == "/etc/viaduct/scripts/main.lua");
    CHECK(settings.control == "/etc/viaduct/control.sock");
    CHECK(settings.log == "stderr");
    CHECK(settings.log_level == LogLevel::info);
    CHECK(settings.workers == available_cores());
    CHECK(settings.workers >= 1);
    REQUIRE(settings.listeners.size() == 1);
    CHECK(settings.listeners[0].address.text() == "192.0.2.1:5060");
    CHECK(settings.transport.connections == transport::TransportLimits{}.connections);
    CHECK(settings.stack.t1 == 500ms);
    CHECK(settings.proxy.timer_c == 180s);
    CHECK(settings.dns.attempts == 2);
}

TEST_CASE("every table of the server is read") {
    Configuration configuration = parsed(R"(
[server]
domains = ["a.test", "b.test"]
script = "/srv/main.lua"
workers = 3
log = "viaduct.log"
log_level = "warning"
drain = "5s"
[[listen]]
transport = "udp"
address = "0.0.0.0:5060"
advertise = "203.0.113.10"
[[listen]]
transport = "tcp"
address = "[::]:5060"
advertise = "sip.example.test:5080"
[limits]
connections = 10
write_queue = "8k"
script_memory = "16M"
transactions = 99
[timers]
t1 = "100ms"
timer_c = "200s"
[dns]
servers = ["192.0.2.53", "192.0.2.54:5353", "2001:db8::53"]
[trace]
events = 100
)");
    const ServerSettings settings = read_server_settings(configuration);
    configuration.check_undeclared();
    CHECK(faults_of(configuration) == "");
    CHECK(settings.script == "/srv/main.lua");
    CHECK(settings.workers == 3);
    CHECK(settings.log == "/etc/viaduct/viaduct.log");
    CHECK(settings.log_level == LogLevel::warning);
    CHECK(settings.drain == 5s);
    REQUIRE(settings.listeners.size() == 2);
    CHECK(settings.listeners[0].advertise_host == "203.0.113.10");
    CHECK(settings.listeners[0].advertise_port == 0);
    CHECK(settings.listeners[1].transport == Transport::tcp);
    CHECK(settings.listeners[1].address.is_v6());
    CHECK(settings.listeners[1].advertise_host == "sip.example.test");
    CHECK(settings.listeners[1].advertise_port == 5080);
    CHECK(settings.listeners[1].index == 1);
    CHECK(settings.transport.connections == 10);
    CHECK(settings.transport.write_queue_bytes == 8192);
    CHECK(settings.script_limits.memory == 16U << 20);
    CHECK(settings.stack.transactions == 99);
    CHECK(settings.stack.t1 == 100ms);
    CHECK(settings.proxy.timer_c == 200s);
    CHECK(settings.dns.servers.size() == 3);
    CHECK(settings.trace.events == 100);
}

TEST_CASE("an empty file says what is needed") {
    const std::string faults = faults_with("");
    CHECK(faults.find("'domains' in [server] is empty; write domains = [\"example.test\"]") != std::string::npos);
    CHECK(faults.find("nothing to listen on; add a table [[listen]]") != std::string::npos);
}

TEST_CASE("a wrong listener is told how to write it") {
    CHECK(faults_with(kLeast + "[[listen]]\naddress = \"0.0.0.0\"\n") ==
          "viaduct.toml:4: 'address' in [[listen]] is \"0.0.0.0\": it must be like \"0.0.0.0:5060\" or \"[::]:5060\" "
          "(IP address and port to listen on)");
    CHECK(faults_with(kLeast + "[[listen]]\n").find("viaduct.toml:3: 'address' in [[listen]] is missing") == 0);
    CHECK(faults_with(kLeast + kListen + "advertise = \"sip:host\"\n")
              .find("'advertise' in [[listen]] is \"sip:host\"") != std::string::npos);
    CHECK(faults_with(kLeast + "[[listen]]\ntransport = \"sctp\"\naddress = \"0.0.0.0:1\"\n")
              .find("one of [\"udp\", \"tcp\", \"tls\", \"ws\", \"wss\"]") != std::string::npos);
}

TEST_CASE("the same listener twice is a fault; another transport, address or port 0 is not") {
    CHECK(faults_with(kLeast + kListen + kListen) ==
          "viaduct.toml:8: 'address' in [[listen]] is udp 192.0.2.1:5060, where another [[listen]] listens already (IP "
          "address and port to listen on)");
    CHECK(faults_with(kLeast + kListen + "[[listen]]\ntransport = \"tcp\"\naddress = \"192.0.2.1:5060\"\n") == "");
    const std::string any = "[[listen]]\naddress = \"127.0.0.1:0\"\n";
    CHECK(faults_with(kLeast + any + any) == "");
}

TEST_CASE("values that contradict the RFC or each other are faults") {
    const std::string base = kLeast + kListen;
    CHECK(faults_with(base + "[timers]\ntimer_c = \"60s\"\n").find("must be at least 3 minutes") != std::string::npos);
    CHECK(faults_with(base + "[timers]\nt1 = \"5s\"\n").find("'t2' in [timers] must not be shorter than t1") !=
          std::string::npos);
    CHECK(faults_with(base + "[timers]\nt1 = 0\n").find("must be longer than nothing") != std::string::npos);
    CHECK(faults_with(base + "[dns]\nservers = [\"dns.test\"]\n").find("\"dns.test\" is no IP address") !=
          std::string::npos);
    CHECK(faults_with(base + "[limits]\nmessage_bytes = 10\n").find("must be from 1024") != std::string::npos);
    CHECK(faults_with("[server]\ndomains = [\"sip:a.test\"]\n" + kListen).find("\"sip:a.test\" is no domain") !=
          std::string::npos);
    CHECK(faults_with("[server]\ndomains = [\"a.test\"]\ncontrol = \"/" + std::string(120, 'x') + "\"\n" + kListen)
              .find("'control' in [server] is too long") != std::string::npos);
}

TEST_CASE("advertised names have an optional port") {
    CHECK(parse_host_port("sip.example.test")->host == "sip.example.test");
    CHECK(parse_host_port("sip.example.test:5080")->port == 5080);
    CHECK(parse_host_port("[2001:db8::1]")->host == "[2001:db8::1]");
    CHECK(parse_host_port("[2001:db8::1]:5080")->port == 5080);
    for (const char* wrong : {"", ":5060", "host:", "host:0", "host:65536", "host:5060x", "2001:db8::1", "[2001:db8::1",
                              "[host]", "[::1]5060", "a b", "-x"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_host_port(wrong));
    }
}

TEST_CASE("the shipped configuration reads without a fault") {
    Configuration configuration = Configuration::load(VIADUCT_SOURCE_DIR "/etc/viaduct.toml");
    const ServerSettings settings = read_server_settings(configuration);
    CHECK(configuration.faults().text() == "");
    CHECK(settings.listeners.size() == 4);
    CHECK(settings.script == VIADUCT_SOURCE_DIR "/scripts/main.lua");
    CHECK(configuration.sections_under("module") ==
          std::vector<std::string>{"db_sqlite", "auth", "registrar", "options", "nat", "media"});
}

}  // namespace viaduct::config
