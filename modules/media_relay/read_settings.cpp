// read_settings: see read_settings.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "read_settings.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "sdp/sdp_text.hpp"

namespace viaduct::media_relay {
namespace {

struct PortRange {
    std::uint16_t first = 30000, last = 39999;
    Duration rest{};
};

PortRange read_ports(const ConfigSection& config) {
    PortRange range;
    const std::string text = config.text(
        "ports", "30000-39999", "Media ports on each address: an even one for RTP, the odd one above for RTCP.");
    const auto dash = std::min(text.find('-'), text.size());
    const auto first = number_of(std::string_view{text}.substr(0, dash), 65535);
    const auto last = dash == text.size() ? std::nullopt : number_of(std::string_view{text}.substr(dash + 1), 65535);
    if (!first || !last || *first == 0 || *last <= *first) {
        config.fault("ports", "must be like 30000-39999");
    } else {
        range.first = static_cast<std::uint16_t>(*first);
        range.last = static_cast<std::uint16_t>(*last);
    }
    range.rest = config.duration("port_rest", 10s, "A port is not used again so soon after its call ended.");
    return range;
}

std::unique_ptr<MediaAddress> make_address(const SocketAddress& bound, const SocketAddress& advertised,
                                           const PortRange& range) {
    return std::make_unique<MediaAddress>(
        MediaAddress{bound, advertised, std::make_unique<PortPool>(range.first, range.last, range.rest)});
}

// One address of each family, and what peers are told in place of it.
MediaInterface read_interface(const ConfigSection& config, std::string name, const PortRange& range) {
    MediaInterface interface { .name = std::move(name) };
    const auto addresses = config.list(
        "address", {}, "Our media addresses, one of IPv4, one of IPv6 or both; empty: of the default route.");
    const auto advertised =
        config.list("advertise", {}, "What peers are told in place of them, as behind a cloud's NAT.");
    for (const std::string& text : addresses) {
        const auto address = SocketAddress::from_ip(text, 0);
        if (!address) {
            config.fault("address", fmt::format("'{}' is no IP address", text));
            continue;
        }
        auto& place = address->is_v6() ? interface.v6 : interface.v4;
        if (place) config.fault("address", "has two of one family; make another [module.media_relay.interface.NAME]");
        place = make_address(*address, *address, range);
    }
    if (addresses.empty()) {
        if (const auto v4 = default_address(false)) interface.v4 = make_address(*v4, *v4, range);
        if (const auto v6 = default_address(true)) interface.v6 = make_address(*v6, *v6, range);
    }
    for (const std::string& text : advertised) {
        const auto address = SocketAddress::from_ip(text, 0);
        MediaAddress* of = address ? interface.of_family(address->is_v6()) : nullptr;
        if (of == nullptr) {
            config.fault("advertise", fmt::format("'{}' stands for no address of ours", text));
        } else {
            of->advertised = *address;
        }
    }
    if (!interface.v4 && !interface.v6) {
        config.fault("address", "is empty, and this machine has no default route to take one from");
        const auto loopback = *SocketAddress::from_ip("127.0.0.1", 0);
        interface.v4 = make_address(loopback, loopback, range);
    }
    return interface;
}

std::vector<SocketAddress> read_addresses(const ConfigSection& config, const char* key, const char* help) {
    std::vector<SocketAddress> addresses;
    for (const std::string& text : config.list(key, {}, help)) {
        const auto address = SocketAddress::from_text(text);
        if (address)
            addresses.push_back(*address);
        else
            config.fault(key, fmt::format("'{}' must be like 127.0.0.1:22222 or [::1]:22222", text));
    }
    return addresses;
}

NgSettings read_ng(const ConfigSection& config) {
    NgSettings ng;
    ng.udp = read_addresses(config, "ng_listen", "Where the ng protocol is spoken over UDP: 127.0.0.1:22222.");
    ng.tcp = read_addresses(config, "ng_listen_tcp", "Where it is spoken over TCP.");
    for (const std::string& text :
         config.list("ng_allow", {"127.0.0.0/8", "::1"},
                     "Addresses and networks whose ng commands are obeyed; all others are ignored.")) {
        if (!ng.allowed.add(text)) config.fault("ng_allow", fmt::format("'{}' is no address or network", text));
    }
    return ng;
}

RelaySettings read_relay(const ConfigSection& config) {
    RelaySettings relay;
    relay.ice_lite = config.choice("ice", "lite", {"lite", "full"},
                                   "lite: answers connectivity checks; full: makes its own, too.") == "lite";
    relay.type_of_service = static_cast<std::uint8_t>(
        4 * config.integer("dscp", 46, 0, 63, "Differentiated services code point of media packets; 46: EF."));
    relay.silence_timeout =
        config.duration("silence_timeout", relay.silence_timeout, "A call without any packet for so long ends.");
    relay.held_timeout = config.duration("held_timeout", relay.held_timeout, "The same for a call on hold.");
    relay.one_way_after = config.duration("one_way_after", relay.one_way_after,
                                          "Media from one side only for so long is logged once in a call.");
    relay.unanswered_timeout = config.duration("unanswered_timeout", relay.unanswered_timeout,
                                               "An offer that nobody answers is forgotten after this.");
    relay.delete_delay =
        config.duration("delete_delay", relay.delete_delay, "Media goes on so long after the call was deleted.");
    relay.most_calls = static_cast<std::size_t>(
        config.integer("calls", 20'000, 1, 1'000'000, "Calls on one thread; more are refused."));
    relay.peer.learning_time = config.duration(
        "learning_time", relay.peer.learning_time,
        "After each description a phone behind NAT may show by its packets where it is, within this time.");
    relay.peer.strangers_may_latch = config.boolean(
        "strangers_may_latch", relay.peer.strangers_may_latch,
        "Within it also hosts that neither description nor SIP named: phones behind two routers; false is safer.");
    return relay;
}

}  // namespace

Settings read_settings(const ConfigSection& config) {
    Settings settings;
    settings.relay = read_relay(config);
    const PortRange range = read_ports(config);
    const auto named = config.tables("interface", "More addresses, by the names that ng's direction uses.");
    for (const NamedSection& one : named) {
        settings.interfaces.push_back(read_interface(one.section, one.name, range));
    }
    // The first is used where nobody names one. With names only, that is the first of these.
    if (named.empty() || config.has("address")) {
        settings.interfaces.insert(settings.interfaces.begin(), read_interface(config, "default", range));
    }
    settings.threads =
        static_cast<unsigned>(config.integer("threads", 0, 0, 64, "Media threads; 0: one for each core."));
    if (settings.threads == 0) settings.threads = std::max(1U, std::thread::hardware_concurrency());
    settings.ng = read_ng(config);
    settings.certificate_life = config.duration("certificate_life", std::chrono::hours{24 * 7},
                                                "The DTLS certificate is made anew after this.");
    if (settings.certificate_life < 1min) config.fault("certificate_life", "must be a minute at least");
    return settings;
}

}  // namespace viaduct::media_relay
