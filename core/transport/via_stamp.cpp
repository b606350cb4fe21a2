// via_stamp: see via_stamp.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/via_stamp.hpp"

#include <array>
#include <charconv>
#include <string>

#include "sip/text.hpp"

namespace viaduct::transport {

namespace {

using sip::equal_ignoring_case;
using sip::trim;

// Takes the next ";"-separated parameter off `rest`; quoted strings are kept whole.
std::string_view take_parameter(std::string_view& rest) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest.size() && (quoted || rest[end] != ';'); ++end) {
        if (rest[end] == '\\' && quoted)
            ++end;
        else if (rest[end] == '"')
            quoted = !quoted;
    }
    end = std::min(end, rest.size());
    const std::string_view parameter = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return parameter;
}

std::string_view name_of(std::string_view parameter) { return trim(parameter.substr(0, parameter.find('='))); }

bool says_all(const Via& via, const SocketAddress& source) {
    if (via.has_rport || !via.received.empty()) return false;
    const auto sent_by = SocketAddress::from_ip(via.host, source.port());
    return sent_by && sent_by->same_ip(source);
}

std::uint16_t port_or_default(const Via& via, Transport transport) {
    return via.port != 0 ? via.port : default_port(transport);
}

}  // namespace

void stamp_top_via(Message& request, const SocketAddress& source) {
    const auto top = request.top_via();
    if (!top || says_all(*top, source)) return;
    const Via& via = *top;
    // All before the parameters, without the ';'.
    const auto head =
        static_cast<std::size_t>(via.parameters.empty() ? via.text.size() : via.parameters.data() - via.text.data());
    constexpr std::size_t kAdded = 80;  // received and rport
    std::string stamped;
    stamped.reserve(via.text.size() + kAdded);
    stamped.append(via.text.substr(0, head));
    while (!stamped.empty() && (stamped.back() == ';' || stamped.back() == ' ' || stamped.back() == '\t'))
        stamped.pop_back();
    for (std::string_view rest = via.parameters; !rest.empty();) {
        const std::string_view parameter = take_parameter(rest);
        const std::string_view name = name_of(parameter);
        if (parameter.empty() || equal_ignoring_case(name, "received") || equal_ignoring_case(name, "rport")) continue;
        stamped.append(1, ';').append(parameter);
    }
    const auto sent_by = SocketAddress::from_ip(via.host, source.port());
    // RFC 3581 section 4: with rport, received is added even if it is the same.
    if (via.has_rport || !sent_by || !sent_by->same_ip(source)) stamped.append(";received=").append(source.ip());
    if (via.has_rport) {
        std::array<char, 5> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), source.port()).ptr;
        stamped.append(";rport=").append(digits.data(), static_cast<std::size_t>(end - digits.data()));
    }
    request.replace_first_value(HeaderId::via, stamped);
}

std::optional<SocketAddress> response_address(const Via& via, Transport transport) {
    if (transport == Transport::udp && !via.maddr.empty()) {
        if (const auto address = SocketAddress::from_ip(via.maddr, port_or_default(via, transport))) return address;
    }
    // RFC 3581 section 4: rport counts only together with received.
    if (!via.received.empty()) {
        const bool with_rport = via.has_rport && via.rport_value != 0;
        return SocketAddress::from_ip(via.received, with_rport ? via.rport_value : port_or_default(via, transport));
    }
    return SocketAddress::from_ip(via.host, port_or_default(via, transport));
}

std::optional<SocketAddress> response_connect_address(const Via& via, Transport transport) {
    return SocketAddress::from_ip(via.received.empty() ? via.host : via.received, port_or_default(via, transport));
}

}  // namespace viaduct::transport
