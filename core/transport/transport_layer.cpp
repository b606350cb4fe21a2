// transport_layer: the face of the layer; the work is in receiving.cpp, sending.cpp and connections.cpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/transport_layer.hpp"

#include "transport/transport_state.hpp"

namespace viaduct::transport {

TransportLayer::State::State(Dependencies dependencies)
    : workers{dependencies.workers},
      network{dependencies.network},
      user{dependencies.user},
      timers{dependencies.timers},
      limits{dependencies.limits},
      worker{dependencies.worker},
      streams{dependencies.streams},
      peer{std::move(dependencies.peer)},
      count{dependencies.metrics},
      table{dependencies.worker, [this](Connection& connection) { deadline(connection); }},
      gauge{dependencies.metrics.gauge(
          "viaduct_transport_connections", "Stream connections open or opening",
          [this] { return static_cast<double>(table.size()); },
          "worker=\"" + std::to_string(dependencies.worker) + "\"")},
      lingering_gauge{dependencies.metrics.gauge(
          "viaduct_transport_connections_lingering", "Closed stream connections whose sockets are not gone yet",
          [this] { return static_cast<double>(table.lingering()); },
          "worker=\"" + std::to_string(dependencies.worker) + "\"")} {}

TransportLayer::TransportLayer(Dependencies dependencies) : state_{std::make_unique<State>(std::move(dependencies))} {}

// The layers say that the server goes (RFC 6455 section 7.4.1); the sockets end with the network.
TransportLayer::~TransportLayer() {
    state_->table.for_each([this](Connection& connection) {
        if (connection.layered) state_->say_last_words(connection);
    });
}

void TransportLayer::start(const std::vector<Listener>& listeners) {
    state_->network.open(listeners, *this);
    state_->own = OwnAddresses{state_->network.listeners(), interface_addresses()};
}

const std::vector<Listener>& TransportLayer::listeners() const { return state_->network.listeners(); }

bool TransportLayer::is_own_address(std::string_view host, std::uint16_t port) const {
    return state_->own.contains(host, port);
}

std::optional<std::uint16_t> TransportLayer::listener_for(const Destination& destination) const {
    if (!destination.listener) return state_->listener_for(destination.transport, destination.address);
    const auto& all = listeners();
    const bool fits =
        *destination.listener < all.size() && all[*destination.listener].transport == destination.transport;
    return fits ? destination.listener : std::nullopt;
}

std::string TransportLayer::sent_by(std::uint16_t listener) const { return state_->own.sent_by(listener); }

Transport TransportLayer::transport_for(const Destination& destination, std::size_t size) const {
    if (destination.transport != Transport::udp || size <= state_->limits.datagram_mtu) return destination.transport;
    return state_->listener_for(Transport::tcp, destination.address) ? Transport::tcp : Transport::udp;
}

bool TransportLayer::is_open(const ConnectionId& connection) const {
    const Connection* found = state_->table.find(connection);
    return found != nullptr && found->ready;
}

std::shared_ptr<const ConnectionDetails> TransportLayer::details(const ConnectionId& connection) const {
    if (connection.worker == state_->worker || !state_->peer) return state_->directory.find(connection);
    const bool known = connection.worker < state_->workers.count();
    const TransportLayer* owner = known ? state_->peer(connection.worker) : nullptr;
    return owner == nullptr ? nullptr : owner->state_->directory.find(connection);
}

std::size_t TransportLayer::connection_count() const { return state_->table.size(); }

void TransportLayer::close(const ConnectionId& connection, bool abort) {
    Connection* found = state_->table.find(connection);
    if (found == nullptr) return;
    state_->end(*found, CloseReason::asked, {}, abort ? State::Ending::abort : State::Ending::linger, true);
}

void TransportLayer::stop_receiving() { state_->network.stop_receiving(); }

void TransportLayer::on_datagrams(std::span<const Datagram> batch) {
    for (const Datagram& datagram : batch) state_->receive_datagram(datagram);
}

void TransportLayer::on_accepted(StreamId stream, std::uint16_t listener, const SocketAddress& local,
                                 const SocketAddress& remote) {
    state_->accept(stream, listener, local, remote);
}

void TransportLayer::on_connected(StreamId stream, const SocketAddress& local) {
    if (Connection* connection = state_->table.find(stream)) state_->connected(*connection, local);
}

void TransportLayer::on_received(StreamId stream, std::string_view bytes) {
    Connection* connection = state_->table.find(stream);
    if (connection == nullptr) return;
    connection->last_active = state_->workers.now();
    if (connection->layered) {
        Passage passage;
        connection->layered->layers().receive(bytes, passage);
        return state_->act(*connection, passage);
    }
    connection->framer.feed(bytes);
    state_->receive_stream(connection->id());
}

void TransportLayer::on_writable(StreamId stream) {
    Connection* connection = state_->table.find(stream);
    if (connection == nullptr) return;
    state_->written(*connection);
    if (!connection->layered || connection->queued > 0) return;
    Passage passage;
    connection->layered->layers().on_writable(passage);
    state_->act(*connection, passage);
}

void TransportLayer::on_progress(StreamId stream) { on_writable(stream); }

void TransportLayer::on_closed(StreamId stream, error_code reason) {
    Connection* connection = state_->table.find(stream);
    if (connection == nullptr) return;
    state_->end(*connection, CloseReason::peer, reason, State::Ending::closed_by_network, false);
}

void TransportLayer::on_gone(StreamId stream) { state_->table.remove_lingering(stream); }

void TransportLayer::on_datagram_refused(std::uint16_t, const SocketAddress& remote, error_code reason) {
    state_->count.datagrams_refused.add();
    for (auto& failed : state_->recent.take(remote, state_->workers.now())) failed(reason);
}

void TransportLayer::on_batch_end() { state_->network.flush(); }

}  // namespace viaduct::transport
