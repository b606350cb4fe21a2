// connections: a stream connection from accept or connect to its end: limits, deadlines, reuse (RFC 3261 section 18,
// RFC 5923).
//
// Part of TransportLayer. A connection has one Timer, armed for the nearest of its deadlines; activity does not touch
// it, the Timer looks again when it runs.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <boost/system/errc.hpp>

#include "transport/transport_state.hpp"

namespace viaduct::transport {

namespace {

namespace errc = boost::system::errc;

// A limit of the whole server, as one of `workers` equal shares.
std::uint32_t share(std::uint32_t limit, unsigned workers) { return std::max(1U, (limit + workers - 1) / workers); }

struct Due {
    TimePoint at;
    CloseReason reason;
};

Due nearest(const Connection& connection, const TransportLimits& limits) {
    if (!connection.connected) return {connection.opened + limits.connect_timeout, CloseReason::connect};
    if (!connection.ready) return {connection.handshake_began + limits.handshake_timeout, CloseReason::handshake};
    Due due{connection.last_active + limits.idle_timeout, CloseReason::idle};
    const auto consider = [&due](TimePoint at, CloseReason reason) {
        if (at < due.at) due = {at, reason};
    };
    if (!connection.outbound && !connection.heard) {
        consider(connection.opened + limits.first_message_timeout, CloseReason::first_message);
    }
    if (connection.message_started) {
        consider(*connection.message_started + limits.message_timeout, CloseReason::slow_message);
    }
    if (connection.write_started) consider(*connection.write_started + limits.write_timeout, CloseReason::write);
    return due;
}

}  // namespace

Result<Connection*> TransportLayer::State::open(const Peer& to, std::uint16_t listener) {
    // A browser is never called: RFC 7118 section 5.2.3 knows connections from the client only.
    const bool callable = to.transport == Transport::tcp || (to.transport == Transport::tls && streams.security);
    if (!callable) return errc::make_error_code(errc::operation_not_supported);
    const bool full = is_full();
    if (full || table.opened_to(to.address) >= share(limits.connections_to_address, workers.count())) {
        count.refused(full ? Refusal::total : Refusal::destination);
        return errc::make_error_code(errc::too_many_files_open);
    }
    SocketAddress local = network.listeners()[listener].address;
    local.set_port(0);
    const StreamId stream = network.connect(to.address, local.is_unspecified() ? nullptr : &local);
    Connection& connection = table.add(stream, {to.transport, listener, {}, local, to.address}, limits.message,
                                       ConnectionTable::Opened::here);
    connection.opened = connection.last_active = workers.now();
    if (to.transport == Transport::tls) {
        connection.server_name = to.server_name;
        connection.layered = layered(connection);
        connection.layered->add_outbound(to.server_name, *streams.security);
    }
    count.opened.add();
    watch(connection);
    return &connection;
}

bool TransportLayer::State::is_full() const { return table.sockets() >= share(limits.connections, workers.count()); }

bool TransportLayer::State::is_full_for(const SocketAddress& remote) const {
    return table.accepted_from(remote) >= share(limits.connections_per_address, workers.count());
}

void TransportLayer::State::accept(StreamId stream, std::uint16_t index, const SocketAddress& local,
                                   const SocketAddress& remote) {
    const Listener& listener = network.listeners()[index];
    const bool full = is_full();
    // A proxy's connections are many people's; they are counted once it has said whose.
    const bool proxied = listener.proxy_protocol || (streams.http != nullptr && streams.http->is_trusted_proxy(remote));
    if (full || (!proxied && is_full_for(remote))) {
        count.refused(full ? Refusal::total : Refusal::address);
        network.close(stream, true);
        return;
    }
    Connection& connection = table.add(stream, {listener.transport, index, {}, local, remote}, limits.message,
                                       ConnectionTable::Opened::there);
    connection.opened = connection.last_active = workers.now();
    connection.connected = true;
    count.accepted.add();
    if (!is_layered(listener)) return ready(connection);
    connection.layered = layered(connection);
    connection.layered->add_accepted(listener, streams);
    start_layers(connection);
}

void TransportLayer::State::connected(Connection& connection, const SocketAddress& local) {
    connection.connected = true;
    connection.flow.local = local;
    if (connection.layered) return start_layers(connection);
    ready(connection);
}

void TransportLayer::State::ready(Connection& connection) {
    connection.ready = true;
    connection.last_active = workers.now();
    if (connection.layered) directory.add(connection.id(), connection.layered->details());
    if (const std::string unsent = std::exchange(connection.unsent, {}); !unsent.empty()) {
        const iovec piece{const_cast<char*>(unsent.data()), unsent.size()};
        write(connection, {&piece, 1});
    }
    if (connection.queued == 0) connection.waiting.clear();
    for (WaitingSend& one : connection.waiting) one.end = connection.left + connection.queued;
    watch(connection);
}

void TransportLayer::State::written(Connection& connection) {
    const std::size_t queued = network.queued(connection.stream);
    connection.left += connection.queued - std::min(connection.queued, queued);
    connection.queued = queued;
    connection.last_active = workers.now();
    auto& waiting = connection.waiting;
    if (queued == 0) {
        connection.write_started.reset();
        return waiting.clear();
    }
    // A slow reader is not a dead one: the deadline counts from here.
    connection.write_started = connection.last_active;
    const auto first =
        std::find_if(waiting.begin(), waiting.end(), [&](const WaitingSend& one) { return one.end > connection.left; });
    waiting.erase(waiting.begin(), first);
}

void TransportLayer::State::end(Connection& connection, CloseReason reason, error_code error, Ending ending,
                                bool later) {
    if (connection.layered && ending == Ending::linger) say_last_words(connection);
    const std::unique_ptr<Connection> ended = table.remove(connection);
    count.closed(ended->connected || reason != CloseReason::peer ? reason : CloseReason::connect);
    const bool lingers = ending != Ending::closed_by_network && network.close(ended->stream, ending == Ending::abort);
    if (lingers) table.add_lingering(*ended);
    if (!error) error = errc::make_error_code(errc::connection_aborted);
    if (later) {
        workers.post(worker, [this, weak = std::weak_ptr<int>{alive}, flow = ended->flow,
                              waiting = std::move(ended->waiting), error]() mutable {
            if (weak.expired()) return;
            for (WaitingSend& one : waiting) one.failed(error);
            tell_closed(flow);
        });
        return;
    }
    for (WaitingSend& one : ended->waiting) one.failed(error);
    tell_closed(ended->flow);
}

// Whoever hears of the end may still look at what was known of the connection.
void TransportLayer::State::tell_closed(const Flow& flow) {
    user.on_connection_closed(flow);
    directory.remove(flow.connection);
}

void TransportLayer::State::watch(Connection& connection) {
    const TimePoint at = nearest(connection, limits).at;
    if (connection.armed() && connection.armed_for <= at) return;
    connection.armed_for = at;
    timers.arm(connection, at);
}

void TransportLayer::State::deadline(Connection& connection) {
    const Due due = nearest(connection, limits);
    if (due.at > workers.now()) return watch(connection);
    const Ending ending = due.reason == CloseReason::idle ? Ending::linger : Ending::abort;
    end(connection, due.reason, errc::make_error_code(errc::timed_out), ending, false);
}

}  // namespace viaduct::transport
