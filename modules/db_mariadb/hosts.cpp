// hosts: see hosts.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "hosts.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace viaduct::db_mariadb {

namespace {

constexpr std::string_view kUnix = "unix:";

std::optional<unsigned> parse_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65535) return std::nullopt;
    return port;
}

std::optional<Host> with_port(std::string_view name, std::string_view port) {
    const auto number = parse_port(port);
    if (!number || name.empty()) return std::nullopt;
    return Host{std::string{name}, *number, {}};
}

}  // namespace

std::string Host::text() const {
    if (!socket.empty()) return std::string{kUnix} + socket;
    return name.find(':') != std::string::npos ? fmt::format("[{}]:{}", name, port) : fmt::format("{}:{}", name, port);
}

std::optional<Host> parse_host(std::string_view text) {
    if (text.starts_with(kUnix)) {
        text.remove_prefix(kUnix.size());
        if (!text.starts_with('/')) return std::nullopt;
        return Host{"", 0, std::string{text}};
    }
    if (text.empty() || text.find_first_of(" \t/") != std::string_view::npos) return std::nullopt;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view address = text.substr(1, end - 1), rest = text.substr(end + 1);
        if (rest.empty() && !address.empty()) return Host{std::string{address}, 3306, {}};
        return rest.starts_with(':') ? with_port(address, rest.substr(1)) : std::nullopt;
    }
    const auto colon = text.find(':');
    // More than one: an IPv6 address without a port.
    if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos)
        return Host{std::string{text}, 3306, {}};
    return with_port(text.substr(0, colon), text.substr(colon + 1));
}

std::optional<std::size_t> HostChoice::next(TimePoint now) const {
    const auto found =
        std::find_if(states_.begin(), states_.end(), [&](const State& state) { return state.rests_until <= now; });
    if (found == states_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - states_.begin());
}

void HostChoice::failed(std::size_t host, TimePoint now) {
    State& state = states_[host];
    if (state.rests_until > now) return;  // known already: another connection met the same
    state.last_rest =
        state.last_rest == Duration{0} ? back_off_.first : std::min(2 * state.last_rest, back_off_.longest);
    state.rests_until = now + state.last_rest;
}

Duration HostChoice::rest(TimePoint now) const {
    Duration shortest = back_off_.longest;
    for (const State& state : states_) shortest = std::min(shortest, std::max(Duration{0}, state.rests_until - now));
    return shortest;
}

}  // namespace viaduct::db_mariadb
