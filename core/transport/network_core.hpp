// network_core: what the sockets of one AsioNetwork share. Private to asio_network, udp_socket, tcp_connection and
// acceptor.
//
// Sockets are held by shared_ptr because Asio's handlers may come after the network let go of a socket; such a socket
// is closed first and its handlers then do nothing. `events` is null until open().
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>

#include <viaduct/metrics_api.hpp>

#include "transport/asio_network.hpp"

namespace viaduct::transport {

enum class DatagramLoss : std::uint8_t { socket_full, too_long, unreachable, other, count_ };

struct NetworkCore {
    NetworkCore(boost::asio::io_context& io_context, MetricsApi& metrics, const AsioSettings& asio_settings);

    boost::asio::io_context& context;
    AsioSettings settings;
    NetworkEvents* events = nullptr;
    std::vector<char> read_buffer;  // lent to one stream during one read

    Counter& lost(DatagramLoss reason) { return *losses_[static_cast<std::size_t>(reason)]; }
    Counter &out_of_descriptors, &accept_failures;

private:
    std::array<Counter*, static_cast<std::size_t>(DatagramLoss::count_)> losses_{};
};

// Marks the handling of what the kernel gave; at its end on_batch_end() is called.
class Batch {
public:
    explicit Batch(NetworkCore& core) : core_{core} {}
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    ~Batch() { core_.events->on_batch_end(); }

private:
    NetworkCore& core_;
};

}  // namespace viaduct::transport
