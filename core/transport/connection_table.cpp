// connection_table: see connection_table.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/connection_table.hpp"

#include <algorithm>
#include <random>

namespace viaduct::transport {

namespace {
constexpr std::size_t kAliasesPerConnection = 4;

bool is_proven(const Connection& connection, std::string_view server_name) {
    if (connection.flow.transport != Transport::tls || server_name.empty()) return true;
    if (connection.outbound) return connection.server_name == server_name;
    const auto& certificate = connection.layered->details().peer_certificate;
    return certificate && certificate->verified &&
           std::find(certificate->domains.begin(), certificate->domains.end(), server_name) !=
               certificate->domains.end();
}

}  // namespace

ConnectionTable::ConnectionTable(std::uint16_t worker, UniqueFunction<void(Connection&)> expired)
    : worker_{worker}, expired_{std::move(expired)}, generation_{std::random_device{}()} {}

Connection& ConnectionTable::add(StreamId stream, const Flow& flow, const MessageLimits& limits, Opened where) {
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const std::uint32_t slot = free_.back();
    const bool outbound = where == Opened::here;
    auto connection = std::make_unique<Connection>(&ConnectionTable::on_timer, *this, limits, outbound);
    connection->stream = stream;
    connection->flow = flow;
    connection->flow.connection = {worker_, slot, next_generation()};
    by_stream_.emplace(stream, slot);
    by_remote_.emplace(Key{flow.remote, flow.transport}, slot);
    count(flow.remote, outbound);
    free_.pop_back();
    slots_[slot] = std::move(connection);
    size_.fetch_add(1, std::memory_order_relaxed);
    return *slots_[slot];
}

std::unique_ptr<Connection> ConnectionTable::remove(Connection& connection) {
    const Flow& flow = connection.flow;
    const std::uint32_t slot = flow.connection.slot;
    by_stream_.erase(connection.stream);
    erase(by_remote_, {flow.remote, flow.transport}, slot);
    for (const std::uint16_t port : connection.alias_ports) {
        SocketAddress alias = flow.remote;
        alias.set_port(port);
        erase(by_alias_, {alias, flow.transport}, slot);
    }
    uncount(flow.remote, connection.outbound);
    free_.push_back(slot);
    size_.fetch_sub(1, std::memory_order_relaxed);
    connection.cancel();
    return std::move(slots_[slot]);
}

void ConnectionTable::add_lingering(const Connection& removed) {
    lingering_.emplace(removed.stream, Lingering{removed.flow.remote, removed.outbound});
    count(removed.flow.remote, removed.outbound);
    lingering_size_.store(lingering_.size(), std::memory_order_relaxed);
}

void ConnectionTable::remove_lingering(StreamId stream) {
    const auto found = lingering_.find(stream);
    if (found == lingering_.end()) return;
    uncount(found->second.remote, found->second.outbound);
    lingering_.erase(found);
    lingering_size_.store(lingering_.size(), std::memory_order_relaxed);
}

Connection* ConnectionTable::find(const ConnectionId& id) {
    if (!id || id.worker != worker_ || id.slot >= slots_.size()) return nullptr;
    Connection* connection = slots_[id.slot].get();
    return connection != nullptr && connection->id() == id ? connection : nullptr;
}

Connection* ConnectionTable::find(StreamId stream) {
    const auto found = by_stream_.find(stream);
    return found == by_stream_.end() ? nullptr : slots_[found->second].get();
}

void ConnectionTable::change(Connection& connection, Transport transport, const SocketAddress& remote) {
    Flow& flow = connection.flow;
    erase(by_remote_, {flow.remote, flow.transport}, flow.connection.slot);
    uncount(flow.remote, connection.outbound);
    flow.transport = transport;
    flow.remote = remote;
    by_remote_.emplace(Key{remote, transport}, flow.connection.slot);
    count(remote, connection.outbound);
}

Connection* ConnectionTable::reaching(Transport transport, const SocketAddress& remote, std::string_view server_name) {
    Connection* connection = first(by_remote_, {remote, transport}, server_name);
    return connection != nullptr ? connection : first(by_alias_, {remote, transport}, server_name);
}

void ConnectionTable::add_alias(Connection& connection, std::uint16_t port) {
    auto& ports = connection.alias_ports;
    if (connection.flow.remote.port() == port || ports.size() >= kAliasesPerConnection) return;
    if (std::find(ports.begin(), ports.end(), port) != ports.end()) return;
    SocketAddress alias = connection.flow.remote;
    alias.set_port(port);
    by_alias_.emplace(Key{alias, connection.flow.transport}, connection.id().slot);
    ports.push_back(port);
}

void ConnectionTable::on_timer(Timer& timer) {
    auto& connection = static_cast<Connection&>(timer);
    connection.table.expired_(connection);
}

SocketAddress ConnectionTable::without_port(SocketAddress address) {
    address.set_port(0);
    return address;
}

void ConnectionTable::erase(Index& index, const Key& key, std::uint32_t slot) {
    const auto [begin, end] = index.equal_range(key);
    const auto found = std::find_if(begin, end, [slot](const auto& entry) { return entry.second == slot; });
    if (found != end) index.erase(found);
}

ConnectionTable::Count ConnectionTable::count_of(const SocketAddress& remote) const {
    const auto found = per_address_.find(without_port(remote));
    return found == per_address_.end() ? Count{} : found->second;
}

void ConnectionTable::count(const SocketAddress& remote, bool outbound) {
    Count& count = per_address_[without_port(remote)];
    ++(outbound ? count.opened : count.accepted);
}

void ConnectionTable::uncount(const SocketAddress& remote, bool outbound) {
    const auto found = per_address_.find(without_port(remote));
    Count& count = found->second;
    --(outbound ? count.opened : count.accepted);
    if (count.opened == 0 && count.accepted == 0) per_address_.erase(found);
}

Connection* ConnectionTable::first(const Index& index, const Key& key, std::string_view server_name) {
    const auto [begin, end] = index.equal_range(key);
    for (auto entry = begin; entry != end; ++entry) {
        Connection& connection = *slots_[entry->second];
        if (is_proven(connection, server_name)) return &connection;
    }
    return nullptr;
}

std::uint32_t ConnectionTable::next_generation() {
    if (++generation_ == 0) ++generation_;
    return generation_;
}

}  // namespace viaduct::transport
