// server_settings: reads [server], [limits], [timers], [dns] and [trace]; [[listen]] is in listen_settings.cpp.
// SPDX-License-Identifier: Apache-2.0
#include "config/server_settings.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <limits>

#include <sched.h>

#include <fmt/format.h>

#include "config/listen_settings.hpp"

namespace viaduct::config {
namespace {

constexpr std::int64_t kMany = 1'000'000'000;

std::uint32_t count(const ConfigSection& section, std::string_view key, std::uint32_t fallback, std::int64_t minimum,
                    std::string_view help) {
    return static_cast<std::uint32_t>(section.integer(key, fallback, minimum, kMany, help));
}

Duration above_zero(const ConfigSection& section, std::string_view key, Duration fallback, std::string_view help) {
    const Duration value = section.duration(key, fallback, help);
    if (value > Duration::zero()) return value;
    section.fault(key, "must be longer than nothing");
    return fallback;
}

std::uint64_t size_between(const ConfigSection& section, std::string_view key, std::uint64_t fallback,
                           std::uint64_t minimum, std::uint64_t maximum, std::string_view help) {
    const std::uint64_t value = section.size(key, fallback, help);
    if (value >= minimum && value <= maximum) return value;
    section.fault(key, fmt::format("must be from {} to {} bytes", minimum, maximum));
    return fallback;
}

std::vector<std::string> read_domains(const ConfigSection& server, bool needed) {
    std::vector<std::string> domains;
    for (std::string domain : server.list("domains", {}, "the SIP domains this server is responsible for")) {
        std::transform(domain.begin(), domain.end(), domain.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const bool ipv6 = domain.starts_with('[') && SocketAddress::from_ip(domain, 0);
        if (!is_host(domain) && !ipv6) {
            server.fault("domains", fmt::format("\"{}\" is no domain: no scheme, port or spaces", domain));
        } else if (std::find(domains.begin(), domains.end(), domain) == domains.end()) {
            domains.push_back(std::move(domain));
        }
    }
    if (domains.empty() && needed) server.fault("domains", R"(is empty; write domains = ["example.test"])");
    return domains;
}

LogLevel read_log_level(const ConfigSection& server) {
    static const std::vector<std::string> kNames{"trace", "debug", "info", "warning", "error", "off"};
    const std::string name = server.choice("log_level", "info", kNames, "least important line that is logged");
    return static_cast<LogLevel>(std::find(kNames.begin(), kNames.end(), name) - kNames.begin());
}

void read_server(const ConfigSection& server, ServerSettings& settings) {
    settings.sip = server.boolean(
        "sip", true, "false: no SIP here, as of a media relay alone; needs no domains, script or [[listen]]");
    settings.domains = read_domains(server, settings.sip);
    settings.script =
        server.path("script", settings.sip ? "scripts/main.lua" : "", "the Lua script that decides about requests");
    settings.control = server.path("control", "control.sock", "unix socket where viactl talks to the server");
    constexpr std::size_t kLongestSocketPath = 107;  // sun_path less its final zero, unix(7)
    if (settings.control.size() > kLongestSocketPath) server.fault("control", "is too long for a unix socket");
    settings.secret_file =
        server.path("secret_file", "viaduct.secret",
                    "this installation's secret, made at the first start; calls of before a restart go on by it");
    settings.module_path =
        server.path("module_path", "", "folder of the modules; empty: the one built with the server");
    if (settings.module_path.empty()) settings.module_path = default_module_path();
    settings.workers =
        static_cast<unsigned>(server.integer("workers", 0, 0, 256, "worker threads; 0: one for each core"));
    if (settings.workers == 0) settings.workers = available_cores();
    settings.log_level = read_log_level(server);
    settings.log = server.text("log", "stderr", "where the log goes: stderr, or a file");
    if (settings.log != "stderr") settings.log = server.path("log", "stderr", "");
    settings.drain = server.duration("drain", 30s, "longest wait for calls under way at shutdown");
    settings.proxy.server_header =
        server.text("server_header", "viaduct", "Server header field of our own answers; empty: none");
    if (settings.proxy.server_header.find_first_of("\r\n") != std::string::npos) {
        server.fault("server_header", "must be one line");
    }
    settings.proxy.domains = settings.domains;
}

void read_message_limits(const ConfigSection& limits, MessageLimits& message) {
    message.bytes = size_between(limits, "message_bytes", message.bytes, 1024, 16U << 20, "largest SIP message");
    message.header_bytes = size_between(limits, "header_bytes", message.header_bytes, 1024, 1U << 20,
                                        "start line and header fields together");
    message.header_fields = count(limits, "header_fields", static_cast<std::uint32_t>(message.header_fields), 16,
                                  "header field lines of one message");
    message.list_values = count(limits, "list_values", static_cast<std::uint32_t>(message.list_values), 8,
                                "values in one comma-separated header field");
}

void read_limits(const ConfigSection& limits, ServerSettings& settings) {
    transport::TransportLimits& transport = settings.transport;
    read_message_limits(limits, transport.message);
    transport.connections =
        count(limits, "connections", transport.connections, 1, "stream connections, those that are closing among them");
    transport.connections_per_address = count(limits, "connections_per_address", transport.connections_per_address, 1,
                                              "stream connections accepted from one remote address");
    transport.connections_to_address = count(limits, "connections_to_address", transport.connections_to_address, 1,
                                             "stream connections opened to one remote address");
    transport.write_queue_bytes = size_between(limits, "write_queue", transport.write_queue_bytes, 4096, 1U << 30,
                                               "bytes waiting on one connection; above it the connection is dropped");
    transport.connect_timeout =
        above_zero(limits, "connect_timeout", transport.connect_timeout, "longest wait for a connection to open");
    transport.handshake_timeout = above_zero(
        limits, "handshake_timeout", transport.handshake_timeout,
        "longest wait for the TLS handshake, the first bytes of HTTP or the PROXY protocol header of a connection");
    transport.first_message_timeout = above_zero(limits, "first_message_timeout", transport.first_message_timeout,
                                                 "an accepted connection must have sent a whole message by then");
    transport.message_timeout = above_zero(limits, "message_timeout", transport.message_timeout,
                                           "from the first byte of a message to its last");
    transport.idle_timeout = above_zero(limits, "idle_timeout", transport.idle_timeout,
                                        "a connection silent for this long in both directions is closed");
    transport.write_timeout =
        above_zero(limits, "write_timeout", transport.write_timeout, "a peer must take what we send within this");
    transport.datagram_mtu = size_between(limits, "datagram_mtu", transport.datagram_mtu, 576, 65'507,
                                          "requests larger than this try TCP first");
    settings.stack.transactions =
        count(limits, "transactions", settings.stack.transactions, 1, "transactions of one worker; above it: 503");
    settings.proxy.branches = count(limits, "branches", settings.proxy.branches, 1, "targets of one request at most");
    settings.proxy.max_breadth =
        count(limits, "max_breadth", settings.proxy.max_breadth, 1, "Max-Breadth we give a request (RFC 5393)");
    settings.overload_after =
        limits.duration("overload_after", 500ms, "a worker without a pause for this long refuses new calls; 0: never");
    settings.script_limits.memory =
        size_between(limits, "script_memory", 256U << 20, 1U << 20, 64ULL << 30, "memory of the script on one worker");
    settings.script_limits.instructions = static_cast<std::uint64_t>(
        limits.integer("script_instructions", 10'000'000, 1000, std::numeric_limits<std::int64_t>::max() / 2,
                       "instructions one request's script may run between two waits"));
}

void read_timers(const ConfigSection& timers, ServerSettings& settings) {
    stack::StackSettings& stack = settings.stack;
    stack.t1 = above_zero(timers, "t1", stack.t1, "estimate of a round trip (RFC 3261 section 17.1.1.1)");
    stack.t2 = above_zero(timers, "t2", stack.t2, "longest time between two retransmissions");
    stack.t4 = above_zero(timers, "t4", stack.t4, "longest time a message stays in the network");
    if (stack.t2 < stack.t1) timers.fault("t2", "must not be shorter than t1");
    settings.proxy.timer_c =
        above_zero(timers, "timer_c", settings.proxy.timer_c, "longest ringing without news (RFC 3261 section 16.8)");
    if (settings.proxy.timer_c < 180s) timers.fault("timer_c", "must be at least 3 minutes (RFC 3261 section 16.6)");
}

void read_dns(const ConfigSection& dns, DnsSettings& settings) {
    for (const std::string& server : dns.list("servers", {}, "DNS servers; empty: those of the system")) {
        if (SocketAddress::from_ip(server, 53) || SocketAddress::from_text(server)) {
            settings.servers.push_back(server);
        } else {
            dns.fault("servers", fmt::format("\"{}\" is no IP address, with or without a port", server));
        }
    }
    settings.timeout = above_zero(dns, "timeout", 2s, "longest wait for one answer");
    settings.attempts =
        static_cast<unsigned>(dns.integer("attempts", 2, 1, 10, "questions before a server is given up"));
    settings.cache_entries = count(dns, "cache_entries", 10'000, 0, "answers one worker remembers");
    settings.longest_ttl = dns.duration("longest_ttl", 1h, "an answer is remembered no longer than this");
    settings.negative_ttl = dns.duration("negative_ttl", 30s, "how long a missing name is remembered");
}

void read_trace(const ConfigSection& trace, TraceSettings& settings) {
    settings.calls = count(trace, "calls", 16, 1, "calls that can be watched at the same time");
    settings.events = count(trace, "events", 1024, 16, "events kept for a watcher that does not keep up");
}

}  // namespace

ServerSettings read_server_settings(Configuration& configuration) {
    ServerSettings settings;
    read_server(configuration.section("server"), settings);
    settings.listeners = read_listeners(configuration, settings.sip);
    read_limits(configuration.section("limits"), settings);
    read_timers(configuration.section("timers"), settings);
    read_dns(configuration.section("dns"), settings.dns);
    read_trace(configuration.section("trace"), settings.trace);
    return settings;
}

unsigned available_cores() {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (::sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&cores)));
}

std::string default_module_path() {
    std::error_code error;
    const auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path().parent_path();
    const auto built = folder / "modules";
    return (std::filesystem::is_directory(built, error) ? built : folder / "lib/viaduct/modules").string();
}

}  // namespace viaduct::config
