// layered_connections: connections that are more than SIP on TCP: what their layers put out is acted on here.
//
// Part of TransportLayer. A layer never reaches the user, the network or the table itself, so whatever happens to the
// connection meanwhile, no layer is in the middle of a call.
// SPDX-License-Identifier: Apache-2.0
#include <boost/system/errc.hpp>

#include "transport/transport_state.hpp"

namespace viaduct::transport {

namespace {

namespace errc = boost::system::errc;

bool is_websocket(const Flow& flow) { return flow.transport == Transport::ws || flow.transport == Transport::wss; }

}  // namespace

std::unique_ptr<LayeredStream> TransportLayer::State::layered(const Connection& connection) {
    const auto resume = [this, id = connection.id(), weak = std::weak_ptr<int>{alive}] {
        Connection* found = weak.expired() ? nullptr : table.find(id);
        if (found == nullptr) return;
        Passage passage;
        found->layered->layers().resume(passage);
        act(*found, passage);
    };
    return std::make_unique<LayeredStream>(connection.flow, connection.outbound,
                                           [this, resume] { workers.post(worker, resume); });
}

void TransportLayer::State::start_layers(Connection& connection) {
    connection.handshake_began = connection.last_active = workers.now();
    watch(connection);
    Passage passage;
    connection.layered->layers().start(passage);
    act(connection, passage);
}

void TransportLayer::State::say_last_words(Connection& connection) {
    Passage passage;
    connection.layered->layers().close(passage);
    if (passage.to_socket.empty()) return;
    const iovec piece{passage.to_socket.data(), passage.to_socket.size()};
    network.write(connection.stream, {&piece, 1});
}

void TransportLayer::State::act(Connection& connection, Passage& passage) {
    const ConnectionId id = connection.id();
    const bool was_ready = connection.ready;
    if (!write_through(connection, passage.to_socket)) return;
    if ((passage.remote || passage.transport) && !learn(connection, passage)) return;
    if (passage.alive) connection.heard = true;
    if (passage.ready) ready(connection);
    if (passage.alive && was_ready && is_websocket(connection.flow)) keep_alive(Flow{connection.flow});
    if (!passage.bytes.empty()) {
        if (Connection* found = table.find(id)) found->framer.feed(passage.bytes);
        receive_stream(id);
    }
    for (std::string& message : passage.messages) receive_whole(id, std::move(message));
    if (passage.more) go_on(id);
    Connection* left = passage.end ? table.find(id) : nullptr;
    if (left == nullptr) return;
    const CloseReason reason = left->ready ? CloseReason::layer : CloseReason::handshake;
    end(*left, reason, errc::make_error_code(errc::connection_reset),
        passage.end->abort ? Ending::abort : Ending::linger, false);
}

// The network tells when a queue has emptied; nothing was queued when the kernel took it all at once.
void TransportLayer::State::go_on(ConnectionId id) {
    const auto nothing_waits = [this, id] {
        Connection* found = table.find(id);
        return found != nullptr && network.queued(found->stream) == 0 ? found : nullptr;
    };
    if (nothing_waits() == nullptr) return;
    workers.post(worker, [this, nothing_waits, weak = std::weak_ptr<int>{alive}] {
        Connection* found = weak.expired() ? nullptr : nothing_waits();
        if (found == nullptr) return;
        Passage passage;
        found->layered->layers().on_writable(passage);
        act(*found, passage);
    });
}

bool TransportLayer::State::learn(Connection& connection, const Passage& passage) {
    if (passage.remote && is_full_for(*passage.remote)) {
        count.refused(Refusal::address);
        end(connection, CloseReason::layer, errc::make_error_code(errc::too_many_files_open), Ending::abort, false);
        return false;
    }
    const Flow flow = connection.flow;
    table.change(connection, passage.transport.value_or(flow.transport), passage.remote.value_or(flow.remote));
    return true;
}

bool TransportLayer::State::write_through(Connection& connection, std::string_view bytes) {
    if (bytes.empty()) return true;
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    network.write(connection.stream, {&piece, 1});
    // A peer that asks and never reads: pings, HTTP requests.
    if (network.queued(connection.stream) > limits.write_queue_bytes) {
        end(connection, CloseReason::queue_full, errc::make_error_code(errc::no_buffer_space), Ending::abort, false);
        return false;
    }
    watch_queue(connection);
    return true;
}

}  // namespace viaduct::transport
