// flow: the text form of a flow, "udp.0.0.0.0.192.0.2.1:5060/198.51.100.7:5060": transport, listener, connection,
// addresses.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/flow.hpp>

#include <array>
#include <charconv>

#include <fmt/format.h>

namespace viaduct {

namespace {

// Takes the number before the next '.', or fails.
template <class Number>
bool take_number(std::string_view& text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto length = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || length >= text.size() || *end != '.') return false;
    text.remove_prefix(length + 1);
    return true;
}

}  // namespace

std::string ConnectionId::text() const {
    return *this ? fmt::format("{}-{}-{}", worker, slot, generation) : std::string{};
}

std::string Flow::to_token() const {
    return fmt::format("{}.{}.{}.{}.{}.{}/{}", to_text(transport), listener, connection.worker, connection.slot,
                       connection.generation, local.text(), remote.text());
}

std::optional<Flow> Flow::from_token(std::string_view token) {
    Flow flow;
    const auto dot = token.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto transport = transport_from_text(token.substr(0, dot));
    token.remove_prefix(dot + 1);
    if (!transport || !take_number(token, flow.listener) || !take_number(token, flow.connection.worker) ||
        !take_number(token, flow.connection.slot) || !take_number(token, flow.connection.generation)) {
        return std::nullopt;
    }
    flow.transport = *transport;
    const auto slash = token.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto local = SocketAddress::from_text(token.substr(0, slash)),
               remote = SocketAddress::from_text(token.substr(slash + 1));
    if (!local || !remote) return std::nullopt;
    flow.local = *local;
    flow.remote = *remote;
    return flow;
}

}  // namespace viaduct
