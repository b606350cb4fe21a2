// flow_bytes: see flow_bytes.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "flow_bytes.hpp"

#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>

namespace viaduct::registrar {

namespace {

template <class Number>
void put(std::string& bytes, Number number) {
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <class Number>
bool take(std::string_view& bytes, Number& number) {
    if (bytes.size() < sizeof number) return false;
    std::memcpy(&number, bytes.data(), sizeof number);
    bytes.remove_prefix(sizeof number);
    return true;
}

void put_address(std::string& bytes, const SocketAddress& address) {
    sockaddr_storage storage{};
    address.to_native(storage);
    bytes += address.is_v6() ? '6' : '4';
    put(bytes, address.port());
    bytes += address.bytes();
    if (address.is_v6()) put(bytes, reinterpret_cast<const sockaddr_in6&>(storage).sin6_scope_id);
}

std::optional<SocketAddress> take_address(std::string_view& bytes) {
    char family = 0;
    std::uint16_t port = 0;
    if (!take(bytes, family) || !take(bytes, port)) return std::nullopt;
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    v4.sin_family = AF_INET;
    v6.sin6_family = AF_INET6;
    v4.sin_port = v6.sin6_port = htons(port);
    if (family == '4') {
        if (!take(bytes, v4.sin_addr)) return std::nullopt;
        return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&v4));
    }
    if (family != '6' || !take(bytes, v6.sin6_addr) || !take(bytes, v6.sin6_scope_id)) return std::nullopt;
    return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&v6));
}

}  // namespace

std::string to_bytes(const SocketAddress& address) {
    std::string bytes;
    put_address(bytes, address);
    return bytes;
}

std::string to_bytes(const Flow& flow) {
    std::string bytes;
    put(bytes, flow.transport);
    put(bytes, flow.listener);
    if (is_stream(flow.transport)) {
        put(bytes, flow.connection.worker);
        put(bytes, flow.connection.slot);
        put(bytes, flow.connection.generation);
    }
    put_address(bytes, flow.local);
    put_address(bytes, flow.remote);
    return bytes;
}

std::optional<SocketAddress> address_from_bytes(std::string_view bytes) { return take_address(bytes); }

std::optional<Flow> flow_from_bytes(std::string_view bytes) {
    Flow flow;
    if (!take(bytes, flow.transport) || !take(bytes, flow.listener)) return std::nullopt;
    if (is_stream(flow.transport) && (!take(bytes, flow.connection.worker) || !take(bytes, flow.connection.slot) ||
                                      !take(bytes, flow.connection.generation))) {
        return std::nullopt;
    }
    const auto local = take_address(bytes), remote = take_address(bytes);
    if (!local || !remote) return std::nullopt;
    flow.local = *local;
    flow.remote = *remote;
    return flow;
}

}  // namespace viaduct::registrar
