// sending: messages out (RFC 3261 sections 18.1.1 and 18.2.2, RFC 3581, RFC 5923, RFC 5626 section 5.3).
//
// Part of TransportLayer. A datagram's way allocates nothing: the message's pieces go straight into the network's send
// batch. Bytes are copied only for a connection that is still opening, or that another worker owns.
// SPDX-License-Identifier: Apache-2.0
#include <boost/system/errc.hpp>

#include "transport/transport_state.hpp"
#include "transport/via_stamp.hpp"

namespace viaduct::transport {

namespace {

namespace errc = boost::system::errc;
constexpr std::size_t kLargestDatagram = 65507;  // IPv4: 65535 less both headers

void append(std::string& to, std::span<const iovec> pieces) {
    for (const iovec& piece : pieces) to.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
}

// How well a listener suits an address; 0 is not at all.
int suitability(const Listener& listener, Transport transport, const SocketAddress& to) {
    if (listener.transport != transport || listener.address.is_v6() != to.is_v6()) return 0;
    if (listener.address.same_ip(to)) return 4;
    if (listener.address.is_unspecified()) return 3;
    if (listener.address.is_loopback() != to.is_loopback()) return 1;
    return listener.address.is_private() == to.is_private() ? 3 : 2;
}

}  // namespace

Destination Destination::of(const Flow& flow) {
    Destination destination{flow.transport, flow.remote, flow.listener, std::nullopt};
    if (is_stream(flow.transport)) destination.connection = flow.connection;
    return destination;
}

Result<Flow> TransportLayer::send_request(const Message& request, const Destination& destination, SendFailed failed) {
    Pieces pieces;
    const std::size_t size = request.gather(pieces);
    if (destination.connection) {
        const Flow flow{
            destination.transport, destination.listener.value_or(0), *destination.connection, {}, destination.address};
        return state_->send_on_flow(pieces, size, {flow, std::nullopt}, std::move(failed));
    }
    const auto listener = listener_for(destination);
    if (!listener) return state_->not_sent(Unsent::no_listener, errc::address_family_not_supported);
    if (destination.transport == Transport::udp) {
        auto sent = state_->send_datagram(pieces, size, *listener, destination.address);
        if (sent && failed) state_->recent.add(destination.address, state_->workers.now(), std::move(failed));
        return sent;
    }
    const State::Peer to{destination.transport, destination.address, destination.server_name};
    return state_->send_to_address(pieces, size, to, *listener, std::move(failed));
}

Result<Flow> TransportLayer::send_response(const Message& response, const Flow& flow, SendFailed failed) {
    Pieces pieces;
    const std::size_t size = response.gather(pieces);
    const auto via = response.top_via();
    if (is_stream(flow.transport)) {
        const auto fallback = via ? response_connect_address(*via, flow.transport) : std::nullopt;
        return state_->send_on_flow(pieces, size, {flow, fallback}, std::move(failed));
    }
    // A Via nobody can read is what the answer is about (RFC 4475 section 3.1.2.1).
    const auto to = via ? response_address(*via, Transport::udp) : std::optional{flow.remote};
    if (!to) return state_->not_sent(Unsent::no_address, errc::destination_address_required);
    // RFC 3581 section 4: from the very socket the request came to.
    return state_->send_datagram(pieces, size, flow.listener, *to);
}

Result<Flow> TransportLayer::send_stateless_response(const Message& response) {
    const auto via = response.top_via();
    const auto transport = via ? transport_from_text(via->transport) : std::nullopt;
    const auto to = transport ? response_address(*via, *transport) : std::nullopt;
    if (!to) return state_->not_sent(Unsent::no_address, errc::destination_address_required);
    const auto listener = state_->listener_for(*transport, *to);
    if (!listener) return state_->not_sent(Unsent::no_listener, errc::address_family_not_supported);
    Pieces pieces;
    const std::size_t size = response.gather(pieces);
    if (*transport == Transport::udp) return state_->send_datagram(pieces, size, *listener, *to);
    if (Connection* connection = state_->table.reaching(*transport, *to)) {
        return state_->send_on(*connection, pieces, size, {});
    }
    const auto fallback = response_connect_address(*via, *transport).value_or(*to);
    if (state_->peer && state_->workers.count() > 1) {
        std::string bytes;
        append(bytes, pieces);
        state_->send_where_connected(std::move(bytes), *transport, *to, fallback, state_->workers.count());
        return Flow{*transport, *listener, {}, {}, *to};
    }
    return state_->send_to_address(pieces, size, {*transport, fallback}, *listener, {});
}

Result<Flow> TransportLayer::send_bytes(std::string_view bytes, const Flow& flow) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    if (is_stream(flow.transport)) return state_->send_on_flow({&piece, 1}, bytes.size(), {flow, std::nullopt}, {});
    if (flow.listener >= listeners().size()) return state_->not_sent(Unsent::no_listener, errc::address_not_available);
    state_->network.send_datagram(flow.listener, flow.remote, {&piece, 1});
    return flow;
}

Result<Flow> TransportLayer::State::send_datagram(std::span<const iovec> pieces, std::size_t size,
                                                  std::uint16_t listener, const SocketAddress& to) {
    if (listener >= network.listeners().size() || network.listeners()[listener].transport != Transport::udp) {
        return not_sent(Unsent::no_listener, errc::address_not_available);
    }
    if (size > kLargestDatagram) return not_sent(Unsent::too_large, errc::message_size);
    network.send_datagram(listener, to, pieces);
    count.sent(Transport::udp);
    return Flow{Transport::udp, listener, {}, network.listeners()[listener].address, to};
}

Result<Flow> TransportLayer::State::send_on(Connection& connection, std::span<const iovec> pieces, std::size_t size,
                                            SendFailed failed) {
    const StreamId stream = connection.stream;
    const std::size_t queued = connection.ready ? network.queued(stream) : connection.unsent.size();
    if (queued + size > limits.write_queue_bytes) {
        const auto error = errc::make_error_code(errc::no_buffer_space);
        if (queued > 0) end(connection, CloseReason::queue_full, error, Ending::abort, true);
        return not_sent(Unsent::queue_full, errc::no_buffer_space);
    }
    count.sent(connection.flow.transport);
    if (!connection.ready) {
        append(connection.unsent, pieces);
        if (failed) connection.waiting.push_back({0, std::move(failed)});
        return connection.flow;
    }
    write(connection, pieces);
    if (failed && connection.queued > 0) {
        connection.waiting.push_back({connection.left + connection.queued, std::move(failed)});
    }
    return connection.flow;
}

void TransportLayer::State::write(Connection& connection, std::span<const iovec> pieces) {
    if (connection.layered) {
        Passage passage;
        connection.layered->layers().send(pieces, passage);
        const iovec through{passage.to_socket.data(), passage.to_socket.size()};
        network.write(connection.stream, {&through, 1});
    } else {
        network.write(connection.stream, pieces);
    }
    connection.last_active = workers.now();
    watch_queue(connection);
}

void TransportLayer::State::watch_queue(Connection& connection) {
    connection.queued = network.queued(connection.stream);
    if (connection.write_started || connection.queued == 0) return;
    connection.write_started = workers.now();
    watch(connection);
}

Result<Flow> TransportLayer::State::send_to_address(std::span<const iovec> pieces, std::size_t size, const Peer& to,
                                                    std::uint16_t listener, SendFailed failed) {
    Connection* connection = table.reaching(to.transport, to.address, to.server_name);
    if (connection != nullptr) {
        count.reused.add();
    } else {
        const auto opened = open(to, listener);
        if (!opened) {
            count.unsent(Unsent::limit);
            return opened.error();
        }
        connection = *opened;
    }
    return send_on(*connection, pieces, size, std::move(failed));
}

Result<Flow> TransportLayer::State::send_on_flow(std::span<const iovec> pieces, std::size_t size,
                                                 const StreamRoute& route, SendFailed failed) {
    const Flow& flow = route.flow;
    if (flow.connection && flow.connection.worker != worker) return hand_over(pieces, size, route, std::move(failed));
    if (Connection* connection = table.find(flow.connection))
        return send_on(*connection, pieces, size, std::move(failed));
    const bool can_call = flow.transport == Transport::tcp || flow.transport == Transport::tls;
    const auto listener = route.fallback && can_call ? listener_for(flow.transport, *route.fallback) : std::nullopt;
    if (!listener) return not_sent(Unsent::not_connected, errc::not_connected);
    return send_to_address(pieces, size, {flow.transport, *route.fallback}, *listener, std::move(failed));
}

Result<Flow> TransportLayer::State::hand_over(std::span<const iovec> pieces, std::size_t size, const StreamRoute& route,
                                              SendFailed failed) {
    const unsigned owner = route.flow.connection.worker;
    TransportLayer* layer = peer && owner < workers.count() ? peer(owner) : nullptr;
    if (layer == nullptr) return not_sent(Unsent::not_connected, errc::not_connected);
    std::string bytes;
    bytes.reserve(size);
    append(bytes, pieces);
    // The completion goes back to this worker: it is never called on another thread.
    SendFailed report;
    if (failed) {
        report = [&posts = workers, origin = worker, done = std::move(failed)](error_code error) mutable {
            posts.post(origin, [done = std::move(done), error]() mutable { done(error); });
        };
    }
    const bool posted =
        workers.try_post(owner, [&state = *layer->state_, weak = std::weak_ptr<int>{layer->state_->alive},
                                 bytes = std::move(bytes), route, report = std::move(report)]() mutable {
            if (weak.expired()) return;
            const iovec piece{bytes.data(), bytes.size()};
            // The report is wanted in both cases, at once and later, so it is shared by the two: late callback from the
            // network.
            auto shared = std::make_shared<SendFailed>(std::move(report));
            SendFailed later;
            if (*shared) later = [shared](error_code error) { (*shared)(error); };
            const auto sent = state.send_on_flow({&piece, 1}, bytes.size(), route, std::move(later));
            if (!sent && *shared) (*shared)(sent.error());
        });
    if (!posted) return not_sent(Unsent::worker_busy, errc::no_buffer_space);
    count.handed_over.add();
    return route.flow;
}

void TransportLayer::State::send_where_connected(std::string bytes, Transport transport, const SocketAddress& remote,
                                                 const SocketAddress& fallback, unsigned workers_left) {
    const iovec piece{bytes.data(), bytes.size()};
    if (Connection* connection = table.reaching(transport, remote)) {
        (void)send_on(*connection, {&piece, 1}, bytes.size(), {});
        return;
    }
    const unsigned next = (worker + 1U) % workers.count();
    TransportLayer* layer = workers_left > 1 ? peer(next) : nullptr;
    if (layer == nullptr) {
        const auto listener = listener_for(transport, fallback);
        if (!listener) return count.unsent(Unsent::no_listener);
        (void)send_to_address({&piece, 1}, bytes.size(), {transport, fallback}, *listener, {});
        return;
    }
    const bool posted =
        workers.try_post(next, [&state = *layer->state_, weak = std::weak_ptr<int>{layer->state_->alive},
                                bytes = std::move(bytes), transport, remote, fallback, workers_left]() mutable {
            if (!weak.expired())
                state.send_where_connected(std::move(bytes), transport, remote, fallback, workers_left - 1);
        });
    if (!posted) count.unsent(Unsent::worker_busy);
}

std::optional<std::uint16_t> TransportLayer::State::listener_for(Transport transport, const SocketAddress& to) const {
    std::optional<std::uint16_t> best;
    int best_score = 0;
    const auto& listeners = network.listeners();
    for (std::uint16_t i = 0; i < listeners.size(); ++i) {
        const int score = suitability(listeners[i], transport, to);
        if (score > best_score) {
            best = i;
            best_score = score;
        }
    }
    return best;
}

Result<Flow> TransportLayer::State::not_sent(Unsent reason, boost::system::errc::errc_t error) {
    count.unsent(reason);
    return errc::make_error_code(error);
}

}  // namespace viaduct::transport
