// memory_network: see memory_network.hpp. One mutex guards the wire; parcels carry copies, so nothing else is shared.
// SPDX-License-Identifier: Apache-2.0
#include "simulation/memory_network.hpp"

#include <algorithm>
#include <cassert>
#include <queue>

#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>

namespace viaduct::simulation {

namespace {

error_code errc(boost::system::errc::errc_t code) { return boost::system::errc::make_error_code(code); }

std::string joined(std::span<const iovec> pieces) {
    std::string bytes;
    for (const iovec& piece : pieces) bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    return bytes;
}

}  // namespace

// Something on its way to one node.
struct MemoryWire::Parcel {
    enum class Kind { datagram, refused, accepted, connected, bytes, written, closed, gone } kind;
    TimePoint due;
    std::uint64_t order;
    std::uint16_t listener = 0;
    StreamId stream = 0;
    SocketAddress local, remote;
    std::string bytes;
    error_code reason;

    bool operator<(const Parcel& other) const {
        return std::tie(due, order) > std::tie(other.due, other.order);
    }  // min-heap
};

struct MemoryWire::Node {
    struct Stream {
        std::weak_ptr<Node> peer_node;
        StreamId peer = 0;
        SocketAddress local, remote;
        TimePoint last_due{};  // keeps the order of what this end sends
        bool paused = false;
    };
    std::vector<Listener> listeners;
    NetworkEvents* events = nullptr;
    UniqueFunction<void()> wake;
    std::priority_queue<Parcel> inbox;
    std::deque<Parcel> held;  // bytes for paused streams
    std::map<StreamId, Stream> streams;
    StreamId next_stream = 1;
    bool receiving = false;
};

struct MemoryWire::State {
    State(UniqueFunction<TimePoint()> clock, std::uint32_t seed) : now{std::move(clock)}, random{seed} {}

    mutable std::mutex mutex;
    UniqueFunction<TimePoint()> now;
    std::mt19937 random;
    WireConditions conditions;
    std::vector<std::weak_ptr<Node>> nodes;
    std::uint64_t order = 0;
    std::uint16_t next_port = 32768;

    std::shared_ptr<Node> find(Transport transport, const SocketAddress& at, const SocketAddress& sender,
                               std::uint16_t* listener) {
        std::vector<std::pair<std::shared_ptr<Node>, std::uint16_t>> found;
        for (const auto& weak : nodes) {
            const auto node = weak.lock();
            if (!node || !node->receiving) continue;
            for (const Listener& one : node->listeners) {
                const bool same = one.address.port() == at.port() && one.address.is_v6() == at.is_v6() &&
                                  (one.address.same_ip(at) || one.address.is_unspecified());
                if (same && is_stream(one.transport) == is_stream(transport)) {
                    found.emplace_back(node, one.index);
                    break;
                }
            }
        }
        if (found.empty()) return nullptr;
        const auto& chosen = found[hash_value(sender) % found.size()];
        *listener = chosen.second;
        return chosen.first;
    }

    void put(const std::shared_ptr<Node>& to, Parcel parcel) {
        parcel.order = ++order;
        to->inbox.push(std::move(parcel));
        if (to->wake) to->wake();
    }

    TimePoint stream_due(Node::Stream& stream) {
        stream.last_due = std::max(stream.last_due, now() + conditions.delay);
        return stream.last_due;
    }

    // Ends one side; tells the other.
    void end_stream(Node& node, StreamId id, error_code reason_for_peer) {
        const auto found = node.streams.find(id);
        if (found == node.streams.end()) return;
        const TimePoint due = stream_due(found->second);
        if (const auto peer = found->second.peer_node.lock(); peer && found->second.peer != 0) {
            put(peer, {.kind = Parcel::Kind::closed,
                       .due = due,
                       .order = 0,
                       .stream = found->second.peer,
                       .reason = reason_for_peer});
        }
        node.streams.erase(found);
    }
};

MemoryWire::MemoryWire(UniqueFunction<TimePoint()> now, std::uint32_t seed)
    : state_{std::make_unique<State>(std::move(now), seed)} {}
MemoryWire::~MemoryWire() = default;

void MemoryWire::set_conditions(const WireConditions& conditions) {
    const std::lock_guard lock{state_->mutex};
    state_->conditions = conditions;
}

std::optional<TimePoint> MemoryWire::next_due() const {
    const std::lock_guard lock{state_->mutex};
    std::optional<TimePoint> next;
    for (const auto& weak : state_->nodes) {
        const auto node = weak.lock();
        if (node && !node->inbox.empty() && (!next || node->inbox.top().due < *next)) next = node->inbox.top().due;
    }
    return next;
}

MemoryNetwork::MemoryNetwork(MemoryWire& wire, UniqueFunction<void()> wake)
    : wire_{wire}, node_{std::make_shared<MemoryWire::Node>()} {
    const std::lock_guard lock{wire_.state_->mutex};
    node_->wake = std::move(wake);
    wire_.state_->nodes.push_back(node_);
}

MemoryNetwork::~MemoryNetwork() {
    auto& state = *wire_.state_;
    const std::lock_guard lock{state.mutex};
    while (!node_->streams.empty())
        state.end_stream(*node_, node_->streams.begin()->first, errc(boost::system::errc::connection_reset));
    std::erase_if(state.nodes, [this](const auto& weak) { return weak.expired() || weak.lock() == node_; });
}

void MemoryNetwork::open(const std::vector<Listener>& listeners, NetworkEvents& events) {
    auto& state = *wire_.state_;
    const std::lock_guard lock{state.mutex};
    node_->listeners = listeners;
    node_->events = &events;
    node_->receiving = true;
    for (std::size_t i = 0; i < node_->listeners.size(); ++i) {
        node_->listeners[i].index = static_cast<std::uint16_t>(i);
        if (node_->listeners[i].address.port() == 0) node_->listeners[i].address.set_port(state.next_port++);
    }
}

const std::vector<Listener>& MemoryNetwork::listeners() const { return node_->listeners; }

void MemoryNetwork::send_datagram(std::uint16_t listener, const SocketAddress& to, std::span<const iovec> pieces) {
    auto& state = *wire_.state_;
    const std::lock_guard lock{state.mutex};
    assert(listener < node_->listeners.size());
    const SocketAddress& from = node_->listeners[listener].address;
    if (state.conditions.loss > 0 && std::uniform_real_distribution<>{0, 1}(state.random) < state.conditions.loss)
        return;
    Duration delay = state.conditions.delay;
    if (state.conditions.jitter > Duration{0}) {
        delay +=
            Duration{std::uniform_int_distribution<std::int64_t>{0, state.conditions.jitter.count()}(state.random)};
    }
    std::uint16_t at = 0;
    const auto receiver = state.find(Transport::udp, to, from, &at);
    if (receiver) {
        state.put(receiver, {.kind = MemoryWire::Parcel::Kind::datagram,
                             .due = state.now() + delay,
                             .order = 0,
                             .listener = at,
                             .local = to,
                             .remote = from,
                             .bytes = joined(pieces)});
    } else if (state.conditions.refuse_udp_to_nobody) {
        state.put(node_, {.kind = MemoryWire::Parcel::Kind::refused,
                          .due = state.now() + delay,
                          .order = 0,
                          .listener = listener,
                          .remote = to,
                          .reason = errc(boost::system::errc::connection_refused)});
    }
}

StreamId MemoryNetwork::connect(const SocketAddress& to, const SocketAddress* local) {
    using Kind = MemoryWire::Parcel::Kind;
    auto& state = *wire_.state_;
    const std::lock_guard lock{state.mutex};
    const StreamId id = node_->next_stream++;
    SocketAddress from = local != nullptr ? *local : SocketAddress{};
    if (local == nullptr && !node_->listeners.empty()) {
        for (const Listener& one : node_->listeners) {
            if (one.address.is_v6() == to.is_v6()) from = one.address;
        }
    }
    from.set_port(state.next_port++);
    std::uint16_t listener = 0;
    const auto peer = state.find(Transport::tcp, to, from, &listener);
    const TimePoint due = state.now() + state.conditions.delay;
    auto& stream = node_->streams[id];
    stream.local = from;
    stream.remote = to;
    if (!peer) {
        state.put(node_, {.kind = Kind::closed,
                          .due = due,
                          .order = 0,
                          .stream = id,
                          .reason = errc(boost::system::errc::connection_refused)});
        return id;
    }
    const StreamId peer_id = peer->next_stream++;
    stream.peer_node = peer;
    stream.peer = peer_id;
    auto& other = peer->streams[peer_id];
    other.peer_node = node_;
    other.peer = id;
    other.local = to;
    other.remote = from;
    state.put(peer, {.kind = Kind::accepted,
                     .due = due,
                     .order = 0,
                     .listener = listener,
                     .stream = peer_id,
                     .local = to,
                     .remote = from});
    state.put(node_, {.kind = Kind::connected, .due = due, .order = 0, .stream = id, .local = from});
    return id;
}

void MemoryNetwork::write(StreamId id, std::span<const iovec> pieces) {
    using Kind = MemoryWire::Parcel::Kind;
    auto& state = *wire_.state_;
    const std::lock_guard lock{state.mutex};
    const auto found = node_->streams.find(id);
    if (found == node_->streams.end()) return;
    const auto peer = found->second.peer_node.lock();
    if (!peer) return;
    const TimePoint due = state.stream_due(found->second);
    state.put(peer,
              {.kind = Kind::bytes, .due = due, .order = 0, .stream = found->second.peer, .bytes = joined(pieces)});
    state.put(node_, {.kind = Kind::written, .due = due, .order = 0, .stream = id});
}

std::size_t MemoryNetwork::queued(StreamId) const { return 0; }

void MemoryNetwork::pause_reading(StreamId id, bool paused) {
    auto& state = *wire_.state_;
    const std::lock_guard lock{state.mutex};
    const auto found = node_->streams.find(id);
    if (found == node_->streams.end()) return;
    found->second.paused = paused;
    if (paused) return;
    for (auto& parcel : std::exchange(node_->held, {})) {
        if (parcel.stream == id)
            node_->inbox.push(std::move(parcel));
        else
            node_->held.push_back(std::move(parcel));
    }
}

// Who is told ends his side at once: it lingers for as long as FIN takes there and back.
bool MemoryNetwork::close(StreamId id, bool abort) {
    auto& state = *wire_.state_;
    const std::lock_guard lock{state.mutex};
    const bool lingers = !abort && node_->streams.contains(id);
    state.end_stream(*node_, id, abort ? errc(boost::system::errc::connection_reset) : error_code{});
    if (lingers) {
        state.put(node_, {.kind = MemoryWire::Parcel::Kind::gone,
                          .due = state.now() + 2 * state.conditions.delay,
                          .order = 0,
                          .stream = id});
    }
    return lingers;
}

void MemoryNetwork::stop_receiving() {
    const std::lock_guard lock{wire_.state_->mutex};
    node_->receiving = false;
}

std::size_t MemoryNetwork::deliver_due() {
    using Kind = MemoryWire::Parcel::Kind;
    auto& state = *wire_.state_;
    std::vector<MemoryWire::Parcel> batch;
    {
        const std::lock_guard lock{state.mutex};
        const TimePoint now = state.now();
        while (!node_->inbox.empty() && node_->inbox.top().due <= now) {
            auto parcel = std::move(const_cast<MemoryWire::Parcel&>(node_->inbox.top()));
            node_->inbox.pop();
            const auto stream = node_->streams.find(parcel.stream);
            if (parcel.kind == Kind::bytes && stream != node_->streams.end() && stream->second.paused)
                node_->held.push_back(std::move(parcel));
            else
                batch.push_back(std::move(parcel));
        }
    }
    if (batch.empty() || node_->events == nullptr) return 0;
    for (const auto& parcel : batch) {
        const bool is_stream_event =
            parcel.kind != Kind::datagram && parcel.kind != Kind::refused && parcel.kind != Kind::gone;
        if (is_stream_event) {
            const std::lock_guard lock{state.mutex};
            if (!node_->streams.contains(parcel.stream)) continue;  // closed here meanwhile
            if (parcel.kind == Kind::closed) node_->streams.erase(parcel.stream);
        }
        switch (parcel.kind) {
            case Kind::datagram: {
                const NetworkEvents::Datagram datagram{parcel.listener, parcel.remote, parcel.bytes};
                node_->events->on_datagrams({&datagram, 1});
                break;
            }
            case Kind::refused:
                node_->events->on_datagram_refused(parcel.listener, parcel.remote, parcel.reason);
                break;
            case Kind::accepted:
                node_->events->on_accepted(parcel.stream, parcel.listener, parcel.local, parcel.remote);
                break;
            case Kind::connected: node_->events->on_connected(parcel.stream, parcel.local); break;
            case Kind::bytes: node_->events->on_received(parcel.stream, parcel.bytes); break;
            case Kind::written: node_->events->on_writable(parcel.stream); break;
            case Kind::closed: node_->events->on_closed(parcel.stream, parcel.reason); break;
            case Kind::gone: node_->events->on_gone(parcel.stream); break;
        }
    }
    node_->events->on_batch_end();
    return batch.size();
}

}  // namespace viaduct::simulation
