// network: the operating system's sockets as one worker sees them; the only place where bytes enter and leave.
//
// AsioNetwork drives real sockets; core/simulation/memory_network is the same thing in memory. Both are used by
// TransportLayer alone. One instance per worker, used on that worker's thread. Callbacks come from the loop, never
// from inside a call made to the Network.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/uio.h>
#include <boost/system/error_code.hpp>

#include <viaduct/socket_address.hpp>

namespace viaduct::transport {

using boost::system::error_code;

// One [[listen]] table.
struct Listener {
    Transport transport = Transport::udp;
    SocketAddress address;       // bound; port 0 is replaced by the real one after binding
    std::string advertise_host;  // for Via, Record-Route, ...; "" means address
    std::uint16_t advertise_port = 0;
    std::uint16_t index = 0;      // position in the configuration
    std::string tls_profile{};    // tls and wss; "" is the default one
    bool proxy_protocol = false;  // streams: each connection begins with a PROXY protocol header
};

// A stream connection inside one Network. 0 is none.
using StreamId = std::uint32_t;

class NetworkEvents {
public:
    virtual ~NetworkEvents() = default;
    struct Datagram {
        std::uint16_t listener;
        SocketAddress remote;
        std::string_view bytes;  // valid during the call
    };
    // A batch as the kernel gave it (recvmmsg), at most 64.
    virtual void on_datagrams(std::span<const Datagram> batch) = 0;
    virtual void on_accepted(StreamId stream, std::uint16_t listener, const SocketAddress& local,
                             const SocketAddress& remote) = 0;
    virtual void on_connected(StreamId stream, const SocketAddress& local) = 0;
    // `bytes` is valid during the call.
    virtual void on_received(StreamId stream, std::string_view bytes) = 0;
    // All that was written before has left this process.
    virtual void on_writable(StreamId stream) = 0;
    // Some of it has: queued() is less than it was.
    virtual void on_progress(StreamId) {}
    // Ended by the peer, by an error (also of connecting), or by reset(). Not called after close(). The id is not
    // reused before this returns.
    virtual void on_closed(StreamId stream, error_code reason) = 0;
    // One that close() left lingering has left the kernel, too. The id is not reused before this returns.
    virtual void on_gone(StreamId) {}
    // The kernel refused a datagram to `remote` (ICMP unreachable, no route).
    virtual void on_datagram_refused(std::uint16_t listener, const SocketAddress& remote, error_code reason) = 0;
    // The end of one batch of work: time to flush what was collected.
    virtual void on_batch_end() = 0;
};

class Network {
public:
    virtual ~Network() = default;

    // Starts receiving; `events` outlives the network. Throws boost::system::system_error naming the listener when a
    // port is taken.
    virtual void open(const std::vector<Listener>& listeners, NetworkEvents& events) = 0;
    virtual const std::vector<Listener>& listeners() const = 0;  // with real ports

    // Copies the pieces into the send batch; goes out at flush() or when the batch is full.
    virtual void send_datagram(std::uint16_t listener, const SocketAddress& to, std::span<const iovec> pieces) = 0;
    virtual void flush() = 0;

    // Opens a stream; on_connected or on_closed follows.
    virtual StreamId connect(const SocketAddress& to, const SocketAddress* local) = 0;
    // Queues bytes; the order is kept. Bounds are TransportLayer's business: see queued().
    virtual void write(StreamId stream, std::span<const iovec> pieces) = 0;
    virtual std::size_t queued(StreamId stream) const = 0;
    virtual void pause_reading(StreamId stream, bool paused) = 0;
    // After what is queued has been written (bounded by the network's linger deadline), or at once when `abort`. True:
    // it lingers, and still holds a socket until on_gone().
    virtual bool close(StreamId stream, bool abort) = 0;
    // Stops accepting and receiving: first step of shutdown. Streams stay.
    virtual void stop_receiving() = 0;
};

}  // namespace viaduct::transport
