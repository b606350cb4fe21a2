// native_socket: see native_socket.hpp. Option names: ip(7), udp(7), tcp(7), socket(7).
// SPDX-License-Identifier: Apache-2.0
#include "transport/native_socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include <boost/system/system_error.hpp>

namespace viaduct::transport {

namespace {

constexpr int kReceiveBuffer = 4 << 20;  // a burst of some thousand messages; the kernel may grant less
constexpr int kSendBuffer = 1 << 20;
constexpr int kBacklog = 1024;

void set(int descriptor, int level, int option, int value) {
    (void)::setsockopt(descriptor, level, option, &value, sizeof value);
}

[[noreturn]] void fail(Transport transport, const SocketAddress& address, int error) {
    std::string what{to_text(transport)};
    what += ":" + address.text();
    if (error == EADDRINUSE) {
        what +=
            ": another process holds this port; see who with: ss -lnptu 'sport = :" + std::to_string(address.port()) +
            "'";
    } else if (error == EADDRNOTAVAIL) {
        what += ": no interface of this machine has this address";
    } else if (error == EPROTONOSUPPORT) {
        what += ": no loaded module offers this transport";
    } else if (error == EACCES) {
        what += ": ports below 1024 need CAP_NET_BIND_SERVICE";
    }
    throw boost::system::system_error{error_code{error, boost::system::system_category()}, what};
}

NativeSocket make_socket(Transport transport, const SocketAddress& address) {
    const int family = address.is_v6() ? AF_INET6 : AF_INET;
    const int type = is_stream(transport) ? SOCK_STREAM : SOCK_DGRAM;
    NativeSocket socket{::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) fail(transport, address, errno);
    // IPv4 has listeners of its own; mapped addresses would name one peer in two ways.
    if (address.is_v6()) set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    // Only for TCP, where it means that old connections in TIME_WAIT do not hold the port.
    if (is_stream(transport)) set(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    return socket;
}

void bind_to(const NativeSocket& socket, Transport transport, const SocketAddress& address) {
    sockaddr_storage native{};
    const socklen_t length = address.to_native(native);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&native), length) != 0) fail(transport, address, errno);
}

// Binds alone, which fails when anybody holds the port, and lets go. Also picks the port when it is 0.
SocketAddress probe(Transport transport, SocketAddress address) {
    const NativeSocket socket = make_socket(transport, address);
    bind_to(socket, transport, address);
    if (is_stream(transport) && ::listen(socket.get(), 1) != 0) fail(transport, address, errno);
    address.set_port(local_address(socket.get()).port());
    return address;
}

void configure_datagrams(int descriptor, bool v6) {
    set(descriptor, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
    set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer);  // above rmem_max, where we may
    set(descriptor, SOL_SOCKET, SO_SNDBUF, kSendBuffer);
    // ICMP errors come to the error queue with the address they are about.
    if (v6)
        set(descriptor, IPPROTO_IPV6, IPV6_RECVERR, 1);
    else
        set(descriptor, IPPROTO_IP, IP_RECVERR, 1);
}

}  // namespace

NativeSocket::~NativeSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

BoundSocket bind_listener(Transport transport, const SocketAddress& address, bool first) {
    const SocketAddress free = first || address.port() == 0 ? probe(transport, address) : address;
    NativeSocket socket = make_socket(transport, free);
    set(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1);
    if (!is_stream(transport)) configure_datagrams(socket.get(), address.is_v6());
    bind_to(socket, transport, free);
    if (is_stream(transport) && ::listen(socket.get(), kBacklog) != 0) fail(transport, free, errno);
    return {std::move(socket), free};
}

NativeSocket start_connect(const SocketAddress& to, const SocketAddress* local, error_code& error) {
    NativeSocket socket{::socket(to.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) {
        error = last_error();
        return socket;
    }
    set_no_delay(socket.get());
    sockaddr_storage native{};
    if (local != nullptr) {
        SocketAddress address = *local;
        address.set_port(0);
        // The port is chosen when the remote end is known: many connections may then share one.
        set(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
        const socklen_t length = address.to_native(native);
        if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&native), length) != 0) {
            error = last_error();
            return socket;
        }
    }
    const socklen_t length = to.to_native(native);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&native), length) != 0 && errno != EINPROGRESS) {
        error = last_error();
    }
    return socket;
}

void set_no_delay(int descriptor) { set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1); }

void set_abort_on_close(int descriptor) {
    const linger at_once{1, 0};
    (void)::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

SocketAddress local_address(int descriptor) {
    sockaddr_storage native{};
    socklen_t length = sizeof native;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&native), &length) != 0) return {};
    return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
}

error_code pending_error(int descriptor) {
    int error = 0;
    socklen_t length = sizeof error;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
    return {error, boost::system::system_category()};
}

error_code last_error() { return {errno, boost::system::system_category()}; }

}  // namespace viaduct::transport
