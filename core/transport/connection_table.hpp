// connection_table: the stream connections one worker owns, and the ways to find one (RFC 5626 section 3.2, RFC 5923).
//
// A connection is found by its id (slot and generation, as flows name it), by its stream in the network, or by the
// remote address a request is to go to. The generation never repeats within a process run and starts at a random
// number, so a flow that outlived its connection, or the process, finds nothing. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include <viaduct/flow.hpp>
#include <viaduct/unique_function.hpp>

#include "base/timer_wheel.hpp"
#include "sip/stream_framer.hpp"
#include "transport/layered_stream.hpp"
#include "transport/transport_layer.hpp"

namespace viaduct::transport {

class ConnectionTable;

// A send whose last byte has not left this process.
struct WaitingSend {
    std::uint64_t end;  // it has when so much of the connection's queue has left
    SendFailed failed;
};

// The Timer is the nearest of the connection's deadlines.
struct Connection : Timer {
    Connection(Expired expired, ConnectionTable& owner, const MessageLimits& limits, bool opened_here)
        : Timer{expired}, table{owner}, outbound{opened_here}, framer{limits} {}

    ConnectionTable& table;
    Flow flow;  // holds the id
    StreamId stream = 0;
    const bool outbound;
    bool connected = false;
    bool ready = false;       // connected, and every layer's handshake is over
    bool heard = false;       // something whole has arrived
    std::string server_name;  // whom we called and had prove it; outbound TLS only
    TimePoint opened{}, handshake_began{}, last_active{}, armed_for{};
    std::optional<TimePoint> message_started;
    std::optional<TimePoint> write_started;  // or the last time some of the queue left
    sip::StreamFramer framer;
    std::string unsent;                // written before it was ready
    std::size_t queued = 0;            // in the network, as last seen
    std::uint64_t left = 0;            // of what was queued
    std::vector<WaitingSend> waiting;  // oldest first
    std::vector<std::uint16_t> alias_ports;
    std::unique_ptr<LayeredStream> layered;  // null: SIP straight on TCP

    const ConnectionId& id() const { return flow.connection; }
};

class ConnectionTable {
public:
    // `expired` is called when a connection's Timer is.
    ConnectionTable(std::uint16_t worker, UniqueFunction<void(Connection&)> expired);

    enum class Opened : bool { there, here };
    Connection& add(StreamId stream, const Flow& flow, const MessageLimits& limits, Opened where);
    // Hands it over to the caller; nothing finds it any more.
    std::unique_ptr<Connection> remove(Connection& connection);
    // A removed one still holds its socket, and so its place, until that is gone.
    void add_lingering(const Connection& removed);
    void remove_lingering(StreamId stream);

    Connection* find(const ConnectionId& id);
    Connection* find(StreamId stream);
    // What was learned about the connection: who is behind a proxy, or that WebSocket is spoken on it.
    void change(Connection& connection, Transport transport, const SocketAddress& remote);
    // An open or opening connection that reaches this address: one whose remote end it is, else one whose peer declared
    // this port its own (Via parameter alias). Over TLS its other end must have proven to be `server_name` (RFC 5923
    // section 8.2).
    Connection* reaching(Transport transport, const SocketAddress& remote, std::string_view server_name = {});
    // The peer says that it accepts requests for its `port` on this connection. At most a few ports each.
    void add_alias(Connection& connection, std::uint16_t port);

    std::size_t size() const { return size_.load(std::memory_order_relaxed); }                 // any thread
    std::size_t lingering() const { return lingering_size_.load(std::memory_order_relaxed); }  // any thread
    std::size_t sockets() const { return size() + lingering(); }
    std::uint32_t accepted_from(const SocketAddress& remote) const { return count_of(remote).accepted; }
    std::uint32_t opened_to(const SocketAddress& remote) const { return count_of(remote).opened; }

    template <class Visit>
    void for_each(Visit&& visit) {
        for (auto& slot : slots_) {
            if (slot) visit(*slot);
        }
    }

private:
    struct Key {
        SocketAddress address;
        Transport transport;
        friend bool operator==(const Key&, const Key&) = default;
        friend std::size_t hash_value(const Key& key) {
            return viaduct::hash_value(key.address) * 31 + static_cast<std::size_t>(key.transport);
        }
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const { return hash_value(key); }
    };
    using Index = std::unordered_multimap<Key, std::uint32_t, KeyHash>;

    struct Count {
        std::uint32_t accepted = 0, opened = 0;
    };
    struct Lingering {
        SocketAddress remote;
        bool outbound;
    };

    static void on_timer(Timer& timer);
    static SocketAddress without_port(SocketAddress address);
    Count count_of(const SocketAddress& remote) const;
    void count(const SocketAddress& remote, bool outbound);
    void uncount(const SocketAddress& remote, bool outbound);
    static void erase(Index& index, const Key& key, std::uint32_t slot);
    Connection* first(const Index& index, const Key& key, std::string_view server_name);
    std::uint32_t next_generation();

    std::uint16_t worker_;
    UniqueFunction<void(Connection&)> expired_;
    std::vector<std::unique_ptr<Connection>> slots_;
    std::vector<std::uint32_t> free_;
    boost::unordered_flat_map<StreamId, std::uint32_t> by_stream_;
    boost::unordered_flat_map<SocketAddress, Count> per_address_;  // those that linger among them
    boost::unordered_flat_map<StreamId, Lingering> lingering_;
    Index by_remote_, by_alias_;
    std::uint32_t generation_;
    std::atomic<std::size_t> size_ = 0, lingering_size_ = 0;
};

}  // namespace viaduct::transport
