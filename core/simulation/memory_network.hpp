// memory_network: a transport::Network in memory, so that the whole server runs without sockets and without waiting.
//
// A MemoryWire is the "internet" of one test: every MemoryNetwork (a worker of the server) and every MemoryEndpoint (a
// phone) is plugged into it. The wire can lose, delay and reorder datagrams from a fixed seed; streams keep their
// order, as TCP does. Deliveries wait in the wire until somebody calls deliver_due(): nothing is ever called back from
// inside a send. Thread-safe: several workers on their own threads may send at the same time; each receives on its own
// thread only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <viaduct/time.hpp>
#include <viaduct/unique_function.hpp>

#include "transport/network.hpp"

namespace viaduct::simulation {

using transport::error_code;
using transport::Listener;
using transport::NetworkEvents;
using transport::StreamId;

class MemoryNetwork;

struct WireConditions {
    double loss = 0;                    // share of datagrams
    Duration delay{0};                  // every datagram and stream piece
    Duration jitter{0};                 // up to that much more for datagrams, so that they overtake each other
    bool refuse_udp_to_nobody = false;  // ICMP unreachable instead of silence
};

class MemoryWire {
public:
    // `now` is read at each send; it is the clock of the test.
    explicit MemoryWire(UniqueFunction<TimePoint()> now, std::uint32_t seed = 1);
    ~MemoryWire();

    void set_conditions(const WireConditions& conditions);
    // When the next delivery to anybody is due; nullopt when nothing is on the way.
    std::optional<TimePoint> next_due() const;

private:
    friend class MemoryNetwork;
    struct Parcel;
    struct Node;
    struct State;
    std::unique_ptr<State> state_;
};

// One plug in the wire: a worker of the server, or a phone (a phone opens a single listener and is its own
// NetworkEvents). Several networks may open the same UDP or TCP address (SO_REUSEPORT): datagrams and connections are
// spread by the sender's address.
class MemoryNetwork final : public transport::Network {
public:
    // `wake`: called, on any thread, when something for this network has been put on the wire. May be empty.
    explicit MemoryNetwork(MemoryWire& wire, UniqueFunction<void()> wake = {});
    ~MemoryNetwork() override;

    // Hands what is due at the wire's clock to the NetworkEvents; returns how many things that were. Own thread.
    std::size_t deliver_due();

    void open(const std::vector<Listener>& listeners, NetworkEvents& events) override;
    const std::vector<Listener>& listeners() const override;
    void send_datagram(std::uint16_t listener, const SocketAddress& to, std::span<const iovec> pieces) override;
    void flush() override {}
    StreamId connect(const SocketAddress& to, const SocketAddress* local) override;
    void write(StreamId stream, std::span<const iovec> pieces) override;
    std::size_t queued(StreamId stream) const override;
    void pause_reading(StreamId stream, bool paused) override;
    bool close(StreamId stream, bool abort) override;
    void stop_receiving() override;

private:
    MemoryWire& wire_;
    std::shared_ptr<MemoryWire::Node> node_;
};

}  // namespace viaduct::simulation
