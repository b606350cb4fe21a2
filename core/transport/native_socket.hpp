// native_socket: sockets as the kernel has them: created, bound and configured; no event loop.
//
// SO_REUSEPORT lets every worker bind the same port, and would also let a second server of the same user share it in
// silence. So the first worker checks with a plain bind that nobody holds the port. Thread-safe (no state).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "transport/network.hpp"

namespace viaduct::transport {

class NativeSocket {
public:
    NativeSocket() = default;
    explicit NativeSocket(int descriptor) : descriptor_{descriptor} {}
    NativeSocket(NativeSocket&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
    NativeSocket& operator=(NativeSocket&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~NativeSocket();

    int get() const { return descriptor_; }
    int release() { return std::exchange(descriptor_, -1); }
    explicit operator bool() const { return descriptor_ >= 0; }

private:
    int descriptor_ = -1;
};

struct BoundSocket {
    NativeSocket socket;
    SocketAddress address;  // with the real port
};

// A UDP socket, or a listening TCP one, shared with the other workers' through SO_REUSEPORT. `first`: refuse when
// anybody else holds the port. Throws boost::system::system_error whose what() names transport and address, and what to
// do about a taken port.
BoundSocket bind_listener(Transport transport, const SocketAddress& address, bool first);

// A TCP socket on its way to `to`; `local`'s address (not port) is used when given. connecting() tells how it went.
NativeSocket start_connect(const SocketAddress& to, const SocketAddress* local, error_code& error);
void set_no_delay(int descriptor);
// RST instead of FIN when it is closed; frees what the kernel holds for it.
void set_abort_on_close(int descriptor);
SocketAddress local_address(int descriptor);
// The pending error of a socket (SO_ERROR), cleared by asking.
error_code pending_error(int descriptor);
error_code last_error();

}  // namespace viaduct::transport
