// transport_state: what TransportLayer keeps, shared by the files that implement it; nobody else includes this.
//
// receiving.cpp: bytes in. sending.cpp: messages out. connections.cpp: a connection's life and deadlines.
// REQUIRES: after any call to the TransportUser a Connection& may be stale; look it up again by its id.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container/small_vector.hpp>

#include "base/timer_wheel.hpp"
#include "transport/connection_directory.hpp"
#include "transport/connection_table.hpp"
#include "transport/own_addresses.hpp"
#include "transport/recent_datagrams.hpp"
#include "transport/transport_counters.hpp"
#include "transport/transport_layer.hpp"

namespace viaduct::transport {

using Pieces = boost::container::small_vector<iovec, 64>;

// A stream send: the connection of the flow, else (responses only) a new one to `fallback` (RFC 3261 section 18.2.2).
struct StreamRoute {
    Flow flow;
    std::optional<SocketAddress> fallback;
};

struct TransportLayer::State {
    explicit State(Dependencies dependencies);

    // -- connections.cpp
    struct Peer {
        Transport transport;
        const SocketAddress& address;
        std::string_view server_name = {};
    };
    Result<Connection*> open(const Peer& peer, std::uint16_t listener);
    void accept(StreamId stream, std::uint16_t listener, const SocketAddress& local, const SocketAddress& remote);
    void connected(Connection& connection, const SocketAddress& local);
    bool is_full() const;
    bool is_full_for(const SocketAddress& remote) const;  // of connections accepted from there
    // Everything on the way to SIP is done: what waited goes out.
    void ready(Connection& connection);
    void written(Connection& connection);  // some or all of its queue has left
    enum class Ending { closed_by_network, linger, abort };
    // Forgets it at once. Who waited for its bytes and the user hear of it now, or from the loop when `later`.
    void end(Connection& connection, CloseReason reason, error_code error, Ending ending, bool later);
    void watch(Connection& connection);  // arms the Timer for the nearest deadline
    void deadline(Connection& connection);

    // -- layered_connections.cpp
    std::unique_ptr<LayeredStream> layered(const Connection& connection);
    void start_layers(Connection& connection);
    void say_last_words(Connection& connection);
    void tell_closed(const Flow& flow);
    // Acts on what came out of a connection's layers. The connection may be gone afterwards.
    void act(Connection& connection, Passage& passage);
    void go_on(ConnectionId id);
    bool learn(Connection& connection, const Passage& passage);  // false: refused, and gone
    bool write_through(Connection& connection,
                       std::string_view bytes);  // false: its queue was too long, and it is gone

    // -- sending.cpp
    Result<Flow> send_datagram(std::span<const iovec> pieces, std::size_t size, std::uint16_t listener,
                               const SocketAddress& to);
    void write(Connection& connection, std::span<const iovec> pieces);  // REQUIRES: it is ready
    void watch_queue(Connection& connection);
    Result<Flow> send_on(Connection& connection, std::span<const iovec> pieces, std::size_t size, SendFailed failed);
    Result<Flow> send_to_address(std::span<const iovec> pieces, std::size_t size, const Peer& to,
                                 std::uint16_t listener, SendFailed failed);
    Result<Flow> send_on_flow(std::span<const iovec> pieces, std::size_t size, const StreamRoute& route,
                              SendFailed failed);
    Result<Flow> hand_over(std::span<const iovec> pieces, std::size_t size, const StreamRoute& route,
                           SendFailed failed);
    // Asks the other workers, one after the other, whose connection has this remote end; the last resort is a new one.
    void send_where_connected(std::string bytes, Transport transport, const SocketAddress& remote,
                              const SocketAddress& fallback, unsigned workers_left);
    std::optional<std::uint16_t> listener_for(Transport transport, const SocketAddress& to) const;
    Result<Flow> not_sent(Unsent reason, boost::system::errc::errc_t error);

    // -- receiving.cpp
    void receive_datagram(const Datagram& datagram);
    void receive_stun(const Datagram& datagram, const Flow& flow);
    void receive_stream(ConnectionId id);
    void receive_whole(ConnectionId id, std::string message);
    void receive(std::string bytes, const Flow& flow, std::string_view kept);
    void receive_request(Message&& message, const Flow& flow);
    void receive_response(Message&& message, const Flow& flow);
    void faulty_request(Message message, const Flow& flow, error_code fault);
    void stream_fault(Connection& connection, std::string_view head, error_code fault);
    void keep_alive(const Flow& flow);
    void record_alias(const Message& request, const Flow& flow);

    Workers& workers;
    Network& network;
    TransportUser& user;
    TimerWheel& timers;
    TransportLimits limits;
    std::uint16_t worker;
    StreamServices streams;
    UniqueFunction<TransportLayer*(unsigned worker)> peer;
    TransportCounters count;
    OwnAddresses own;
    ConnectionTable table;
    ConnectionDirectory directory;
    RecentDatagrams recent;
    // Posted work holds a weak pointer to it: the layer may be gone when that runs.
    std::shared_ptr<int> alive = std::make_shared<int>(0);
    Registration gauge, lingering_gauge;
};

}  // namespace viaduct::transport
