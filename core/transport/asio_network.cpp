// asio_network: see asio_network.hpp. Holds the sockets; each kind's work is in its own file.
// SPDX-License-Identifier: Apache-2.0
#include "transport/asio_network.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <deque>

#include <boost/asio/steady_timer.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include "transport/acceptor.hpp"
#include "transport/tcp_connection.hpp"
#include "transport/udp_socket.hpp"

namespace viaduct::transport {

namespace {

constexpr std::size_t kReadBuffer = 64 * 1024;
constexpr std::array<const char*, 4> kLosses{"socket_full", "too_long", "unreachable", "other"};

}  // namespace

NetworkCore::NetworkCore(boost::asio::io_context& io_context, MetricsApi& metrics, const AsioSettings& asio_settings)
    : context{io_context},
      settings{asio_settings},
      read_buffer(kReadBuffer),
      out_of_descriptors{metrics.counter("viaduct_transport_accept_paused_total",
                                         "Times accepting stopped for want of file descriptors")},
      accept_failures{metrics.counter("viaduct_transport_accept_failures_total",
                                      "Connections that ended before they were accepted")} {
    for (std::size_t i = 0; i < kLosses.size(); ++i) {
        losses_[i] = &metrics.counter("viaduct_transport_datagrams_lost_total", "Datagrams the kernel did not take",
                                      "reason=\"" + std::string{kLosses[i]} + "\"");
    }
}

struct AsioNetwork::State final : ConnectionOwner, Accepting {
    State(boost::asio::io_context& context, MetricsApi& metrics, const AsioSettings& settings)
        : core{context, metrics, settings}, linger_timer{context} {}

    void forget(StreamId stream) override { streams.erase(stream); }
    void lingered(StreamId stream) override;
    void accepted(NativeSocket socket, std::uint16_t listener, const SocketAddress& remote) override;
    StreamId new_id();
    TcpConnection* find(StreamId stream) const;
    void linger(StreamId stream);
    void watch_lingering();

    struct Lingering {
        std::chrono::steady_clock::time_point until;
        std::weak_ptr<TcpConnection> connection;
        StreamId stream;
    };

    NetworkCore core;
    std::vector<Listener> listeners;
    std::vector<std::shared_ptr<UdpSocket>> sockets;  // by listener; null for streams
    std::vector<std::shared_ptr<Acceptor>> acceptors;
    boost::unordered_flat_map<StreamId, std::shared_ptr<TcpConnection>> streams;
    std::deque<Lingering> lingering;  // in order of their deadlines
    boost::asio::steady_timer linger_timer;
    // The timer's handler holds a weak pointer to it: a handler already queued may outlive the network.
    std::shared_ptr<int> alive = std::make_shared<int>(0);
    StreamId last_id = 0;
};

void AsioNetwork::State::accepted(NativeSocket socket, std::uint16_t listener, const SocketAddress& remote) {
    set_no_delay(socket.get());
    const SocketAddress local = local_address(socket.get());
    const StreamId stream = new_id();
    auto connection = std::make_shared<TcpConnection>(core, *this, stream, std::move(socket));
    streams.emplace(stream, connection);
    connection->start_accepted();
    core.events->on_accepted(stream, listener, local, remote);
}

void AsioNetwork::State::lingered(StreamId stream) {
    core.events->on_gone(stream);
    forget(stream);
}

StreamId AsioNetwork::State::new_id() {
    do {
        ++last_id;
    } while (last_id == 0 || streams.contains(last_id));
    return last_id;
}

TcpConnection* AsioNetwork::State::find(StreamId stream) const {
    const auto found = streams.find(stream);
    return found == streams.end() || found->second->lingering() ? nullptr : found->second.get();
}

void AsioNetwork::State::linger(StreamId stream) {
    const auto& connection = streams.at(stream);
    connection->linger();
    lingering.push_back({std::chrono::steady_clock::now() + core.settings.linger, connection, stream});
    if (lingering.size() == 1) watch_lingering();
}

void AsioNetwork::State::watch_lingering() {
    if (lingering.empty()) return;
    linger_timer.expires_at(lingering.front().until);
    linger_timer.async_wait([this, weak = std::weak_ptr<int>{alive}](error_code error) {
        if (error || weak.expired()) return;
        const auto now = std::chrono::steady_clock::now();
        while (!lingering.empty() && lingering.front().until <= now) {
            const Lingering due = std::move(lingering.front());
            lingering.pop_front();
            const auto connection = due.connection.lock();
            if (!connection || !connection->lingering()) continue;
            connection->abort();
            lingered(due.stream);
        }
        watch_lingering();
    });
}

AsioNetwork::AsioNetwork(boost::asio::io_context& context, MetricsApi& metrics, AsioSettings settings)
    : state_{std::make_unique<State>(context, metrics, settings)} {}

AsioNetwork::~AsioNetwork() {
    stop_receiving();
    for (auto& socket : state_->sockets) {
        if (socket) socket->close();
    }
    for (auto& [id, connection] : state_->streams) connection->abort();
}

void AsioNetwork::open(const std::vector<Listener>& listeners, NetworkEvents& events) {
    state_->core.events = &events;
    for (const Listener& wanted : listeners) {
        Listener listener = wanted;
        const auto index = static_cast<std::uint16_t>(state_->listeners.size());
        BoundSocket bound = bind_listener(listener.transport, listener.address, state_->core.settings.first);
        listener.address = bound.address;
        state_->listeners.push_back(listener);
        if (is_stream(listener.transport)) {
            state_->sockets.push_back(nullptr);
            state_->acceptors.push_back(
                std::make_shared<Acceptor>(state_->core, *state_, index, std::move(bound.socket)));
        } else {
            state_->sockets.push_back(std::make_shared<UdpSocket>(state_->core, index, std::move(bound.socket)));
        }
    }
    for (auto& socket : state_->sockets) {
        if (socket) socket->start();
    }
    for (auto& acceptor : state_->acceptors) acceptor->start();
}

const std::vector<Listener>& AsioNetwork::listeners() const { return state_->listeners; }

void AsioNetwork::send_datagram(std::uint16_t listener, const SocketAddress& to, std::span<const iovec> pieces) {
    assert(listener < state_->sockets.size() && state_->sockets[listener]);
    state_->sockets[listener]->queue(to, pieces);
}

void AsioNetwork::flush() {
    for (auto& socket : state_->sockets) {
        if (socket) socket->flush();
    }
}

StreamId AsioNetwork::connect(const SocketAddress& to, const SocketAddress* local) {
    error_code error;
    NativeSocket socket = start_connect(to, local, error);
    const StreamId stream = state_->new_id();
    auto connection = std::make_shared<TcpConnection>(state_->core, *state_, stream, std::move(socket));
    state_->streams.emplace(stream, connection);
    if (error) {
        connection->fail_connecting(error);
    } else {
        connection->start_connecting();
    }
    return stream;
}

void AsioNetwork::write(StreamId stream, std::span<const iovec> pieces) {
    if (TcpConnection* connection = state_->find(stream)) connection->write(pieces);
}

std::size_t AsioNetwork::queued(StreamId stream) const {
    const TcpConnection* connection = state_->find(stream);
    return connection == nullptr ? 0 : connection->queued();
}

void AsioNetwork::pause_reading(StreamId stream, bool paused) {
    if (TcpConnection* connection = state_->find(stream)) connection->pause_reading(paused);
}

bool AsioNetwork::close(StreamId stream, bool abort) {
    TcpConnection* connection = state_->find(stream);
    if (connection == nullptr) return false;
    if (!abort) {
        state_->linger(stream);
        return true;
    }
    connection->abort();
    state_->forget(stream);
    return false;
}

void AsioNetwork::stop_receiving() {
    for (auto& socket : state_->sockets) {
        if (socket) socket->stop_receiving();
    }
    for (auto& acceptor : state_->acceptors) acceptor->close();
    state_->acceptors.clear();
}

std::size_t AsioNetwork::stream_count() const { return state_->streams.size(); }

}  // namespace viaduct::transport
