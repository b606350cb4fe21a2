// transport_layer: RFC 3261 section 18 for one worker: messages in, messages out, over whatever transport.
//
// Above it: the stack. Below it: a Network. It frames streams, stamps `received` and `rport` (section 18.2.1, RFC
// 3581), writes the sent-by of our Via, keeps the connection table and its limits and deadlines, reuses connections
// (RFC 5923), answers CRLF keep-alives (RFC 5626), switches requests above the MTU from UDP to TCP (section 18.1.1),
// and counts what it drops, by reason. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <viaduct/flow.hpp>
#include <viaduct/message.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/time.hpp>
#include <viaduct/unique_function.hpp>
#include <viaduct/workers.hpp>

#include "transport/layered_stream.hpp"
#include "transport/network.hpp"

namespace viaduct {
class TimerWheel;
}

namespace viaduct::transport {

struct TransportLimits {
    MessageLimits message;
    std::uint32_t connections = 100'000;            // all workers together are N times their share
    std::uint32_t connections_per_address = 1'024;  // accepted from one remote IP
    std::uint32_t connections_to_address = 256;     // opened to one
    std::size_t write_queue_bytes = 256 * 1024;     // per connection; above it the connection is dropped
    Duration connect_timeout = 4s;
    Duration handshake_timeout = 10s;      // TLS and what else comes before SIP on a stream
    Duration first_message_timeout = 10s;  // an accepted connection must say something whole by then
    Duration message_timeout = 10s;        // from a message's first byte to its last (slow loris)
    Duration idle_timeout = 3605s;         // nothing in either direction
    Duration write_timeout = 10s;          // a queue of which nothing leaves
    std::size_t datagram_mtu = 1300;       // requests larger than this try TCP first (RFC 3261 section 18.1.1)
};

// Where one message is to go, decided (after RFC 3263).
struct Destination {
    Transport transport = Transport::udp;
    SocketAddress address{};
    std::optional<std::uint16_t> listener;   // send from this one; else the best match by transport and family
    std::optional<ConnectionId> connection;  // this connection or nothing (a flow)
    std::string server_name{};  // TLS: who the peer must prove to be: the domain of the URI (RFC 5922), or ""

    static Destination of(const Flow& flow);
    friend auto operator<=>(const Destination&, const Destination&) = default;
};

// What the stack hears. All on the owning worker of the Call-ID, which may differ from the worker of the connection:
// the server wires `deliver` through its mailboxes.
class TransportUser {
public:
    virtual ~TransportUser() = default;
    // A message that parsed. `flow` says where it came from. Top Via of a request already carries received/rport.
    virtual void on_message(Message message, const Flow& flow) = 0;
    // A request that could be indexed far enough to answer, but is faulty; the transport has not answered.
    virtual void on_faulty_request(Message message, const Flow& flow, error_code fault) = 0;
    virtual void on_connection_closed(const Flow& flow) = 0;
    virtual void on_keep_alive(const Flow& flow) = 0;
};

// Told when a send that could not fail at once failed later (connect refused, connection lost before the bytes left).
using SendFailed = UniqueFunction<void(error_code)>;

class TransportLayer final : public NetworkEvents {
public:
    struct Dependencies {
        Workers& workers;
        Network& network;
        TransportUser& user;
        MetricsApi& metrics;
        TimerWheel& timers;  // of this worker: the connections' deadlines
        TransportLimits limits{};
        std::uint16_t worker = 0;
        // Another worker's layer, for flows it owns; sends are posted there. May be null in single-worker tests.
        UniqueFunction<TransportLayer*(unsigned worker)> peer{};
        StreamServices streams{};
    };
    explicit TransportLayer(Dependencies dependencies);
    ~TransportLayer() override;

    void start(const std::vector<Listener>& listeners);
    const std::vector<Listener>& listeners() const;
    // Is this host:port one of ours (listeners and advertised names)? port 0 matches the default one.
    bool is_own_address(std::string_view host, std::uint16_t port) const;

    // Which listener a request to `destination` leaves from. nullopt: none of that transport and family.
    std::optional<std::uint16_t> listener_for(const Destination& destination) const;
    // "192.0.2.1:5060" (advertised if so configured) of a listener: for Via and Record-Route.
    std::string sent_by(std::uint16_t listener) const;
    // The transport a request of `size` bytes to `destination` would use: UDP becomes TCP above the MTU when we listen
    // on TCP.
    Transport transport_for(const Destination& destination, std::size_t size) const;

    // Sends a request whose top Via the caller has already written. `failed` may be called later, on this worker, at
    // most once; never from inside this call. Returns the flow used (connection filled in for streams), or an error at
    // once.
    Result<Flow> send_request(const Message& request, const Destination& destination, SendFailed failed);
    // RFC 3261 section 18.2.2, RFC 3581: by the connection it came on, else received/rport/maddr/sent-by of the top
    // Via. `flow` is the request's.
    Result<Flow> send_response(const Message& response, const Flow& flow, SendFailed failed = {});
    // A response that belongs to no transaction here (stateless): only its top Via says where to.
    Result<Flow> send_stateless_response(const Message& response);
    // Raw bytes down a flow.
    Result<Flow> send_bytes(std::string_view bytes, const Flow& flow);

    bool is_open(const ConnectionId& connection) const;  // own connections only
    // What is known of a connection of any worker besides its addresses; null when nothing is. Any worker's thread.
    std::shared_ptr<const ConnectionDetails> details(const ConnectionId& connection) const;
    std::size_t connection_count() const;
    void close(const ConnectionId& connection, bool abort);
    void stop_receiving();

    // NetworkEvents
    void on_datagrams(std::span<const Datagram> batch) override;
    void on_accepted(StreamId stream, std::uint16_t listener, const SocketAddress& local,
                     const SocketAddress& remote) override;
    void on_connected(StreamId stream, const SocketAddress& local) override;
    void on_received(StreamId stream, std::string_view bytes) override;
    void on_writable(StreamId stream) override;
    void on_progress(StreamId stream) override;
    void on_closed(StreamId stream, error_code reason) override;
    void on_gone(StreamId stream) override;
    void on_datagram_refused(std::uint16_t listener, const SocketAddress& remote, error_code reason) override;
    void on_batch_end() override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace viaduct::transport
