// listen_settings: where the server listens and what it calls itself there.
// SPDX-License-Identifier: Apache-2.0
#include "config/listen_settings.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace viaduct::config {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

void read_advertise(const ConfigSection& section, transport::Listener& listener) {
    const std::string advertise =
        section.text("advertise", "",
                     "host or host:port that peers reach this listener by, for Via and Record-Route; empty: address");
    if (advertise.empty()) return;
    if (const auto parsed = parse_host_port(advertise)) {
        listener.advertise_host = parsed->host;
        listener.advertise_port = parsed->port;
    } else {
        section.fault("advertise",
                      fmt::format(R"(is "{}": it must be like "sip.example.test" or "203.0.113.10:5060")", advertise));
    }
}

bool read_address(const ConfigSection& section, transport::Listener& listener) {
    const std::string text = section.text("address", "", "IP address and port to listen on");
    if (const auto address = SocketAddress::from_text(text)) {
        listener.address = *address;
        return true;
    }
    const std::string given = text.empty() ? std::string{"is missing"} : fmt::format("is \"{}\"", text);
    section.fault("address", given + R"(: it must be like "0.0.0.0:5060" or "[::]:5060")");
    return false;
}

// Streams share the ports of TCP, whatever is spoken on them.
bool same_place(const transport::Listener& a, const transport::Listener& b) {
    return is_stream(a.transport) == is_stream(b.transport) && a.address == b.address && a.address.port() != 0;
}

void read_stream_keys(const ConfigSection& section, transport::Listener& listener) {
    listener.tls_profile = section.text(
        "tls_profile", "", "profile of [module.tls] for tls and wss; empty: the default one, or by the name asked for");
    if (!listener.tls_profile.empty() && !is_secure(listener.transport)) {
        section.fault("tls_profile", "is for transport tls and wss only");
    }
    listener.proxy_protocol =
        section.boolean("proxy_protocol", false,
                        "each connection begins with a PROXY protocol header (v1 or v2) of the load balancer in front");
    if (listener.proxy_protocol && !is_stream(listener.transport)) section.fault("proxy_protocol", "is not for udp");
}

}  // namespace

std::vector<transport::Listener> read_listeners(Configuration& configuration, bool needed) {
    std::vector<transport::Listener> listeners;
    const auto sections = configuration.array_of("listen");
    for (const TomlSection* section : sections) {
        transport::Listener listener;
        const std::string transport = section->choice("transport", "udp", {"udp", "tcp", "tls", "ws", "wss"},
                                                      "transport protocol; tls also serves HTTPS and secure WebSocket "
                                                      "when [module.http] is there, ws and wss only these");
        listener.transport = transport_from_text(transport).value_or(Transport::udp);
        const bool usable = read_address(*section, listener);
        read_advertise(*section, listener);
        read_stream_keys(*section, listener);
        if (!usable) continue;
        const bool twice = std::any_of(listeners.begin(), listeners.end(),
                                       [&](const transport::Listener& other) { return same_place(other, listener); });
        if (twice) {
            section->fault("address", fmt::format("is {} {}, where another [[listen]] listens already", transport,
                                                  listener.address.text()));
            continue;
        }
        listener.index = static_cast<std::uint16_t>(listeners.size());
        listeners.push_back(std::move(listener));
    }
    if (sections.empty() && needed) {
        configuration.faults().add({.file = configuration.file(),
                                    .problem = "nothing to listen on; add a table [[listen]] with transport = \"udp\" "
                                               "and address = \"0.0.0.0:5060\""});
    }
    return listeners;
}

bool is_host(std::string_view text) {
    if (text.empty() || text.size() > 255 || text.front() == '-' || text.front() == '.') return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               c == '_';
    });
}

std::optional<HostPort> parse_host_port(std::string_view text) {
    HostPort result;
    std::string_view rest;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos || !SocketAddress::from_ip(text.substr(0, close + 1), 0))
            return std::nullopt;
        result.host = text.substr(0, close + 1);
        rest = text.substr(close + 1);
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        result.host = text.substr(0, colon);
        rest = text.substr(colon);
        if (!is_host(result.host)) return std::nullopt;
    }
    if (rest.empty()) return result;
    const auto port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
    if (!port) return std::nullopt;
    result.port = *port;
    return result;
}

}  // namespace viaduct::config
