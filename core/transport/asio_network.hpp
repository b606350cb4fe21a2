// asio_network: transport::Network over real sockets on a boost::asio::io_context.
//
// UDP in batches (recvmmsg, sendmmsg), TCP with direct writes; each worker has sockets of its own on the same ports
// (SO_REUSEPORT), and the kernel spreads datagrams and connections by remote address. Every stream listener is TCP
// here; what is spoken on it is the transport layer's business. One per worker; everything on the thread that runs the
// io_context. May be destroyed while handlers are queued.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <viaduct/metrics_api.hpp>
#include <viaduct/time.hpp>

#include "transport/network.hpp"

namespace boost::asio {
class io_context;
}

namespace viaduct::transport {

struct AsioSettings {
    // The first network of a process refuses ports somebody holds; the other workers' join it.
    bool first = true;
    Duration linger = 2s;  // a closed connection may take this long to write what is queued and see the peer's end
    Duration accept_pause = 1s;  // after running out of descriptors
};

class AsioNetwork final : public Network {
public:
    AsioNetwork(boost::asio::io_context& context, MetricsApi& metrics, AsioSettings settings = {});
    ~AsioNetwork() override;

    void open(const std::vector<Listener>& listeners, NetworkEvents& events) override;
    const std::vector<Listener>& listeners() const override;
    void send_datagram(std::uint16_t listener, const SocketAddress& to, std::span<const iovec> pieces) override;
    void flush() override;
    StreamId connect(const SocketAddress& to, const SocketAddress* local) override;
    void write(StreamId stream, std::span<const iovec> pieces) override;
    std::size_t queued(StreamId stream) const override;
    void pause_reading(StreamId stream, bool paused) override;
    bool close(StreamId stream, bool abort) override;
    void stop_receiving() override;

    std::size_t stream_count() const;  // closed ones that still linger included

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace viaduct::transport
