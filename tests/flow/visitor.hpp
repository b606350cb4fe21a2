// visitor: somebody with a TCP connection to the town's web side who says any bytes: HTTP, frames, nonsense.
//
// Reads at once whatever comes. Driven by the test's thread; outlived by the town.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "town.hpp"
#include "unit/websocket/websocket_test_frames.hpp"

namespace viaduct::flow {

class Visitor : private simulation::NetworkEvents {
public:
    explicit Visitor(Town& town, std::string_view ip = "203.0.113.5")
        : town_{town}, own_{*SocketAddress::from_ip(ip, 0)}, network_{town.environment().wire()} {
        network_.open({}, *this);
        town_.environment().attach(network_);
    }
    ~Visitor() override { town_.environment().detach(network_); }

    // Over a new connection when there is none; what is said back without turning the clock.
    std::string says(std::string_view bytes) {
        if (!is_connected()) connects();
        const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
        network_.write(stream_, {&piece, 1});
        return hears();
    }
    void connects() {
        stream_ = network_.connect(SimulatedServer::web_address(), &own_);
        town_.run();
    }
    // Since it was last asked.
    std::string hears() {
        town_.run();
        return std::exchange(heard_, {});
    }
    bool is_connected() const { return stream_ != 0; }

private:
    void on_datagrams(std::span<const Datagram>) override {}
    void on_accepted(simulation::StreamId, std::uint16_t, const SocketAddress&, const SocketAddress&) override {}
    void on_connected(simulation::StreamId, const SocketAddress&) override {}
    void on_received(simulation::StreamId, std::string_view bytes) override { heard_.append(bytes); }
    void on_writable(simulation::StreamId) override {}
    void on_closed(simulation::StreamId, simulation::error_code) override { stream_ = 0; }
    void on_datagram_refused(std::uint16_t, const SocketAddress&, simulation::error_code) override {}
    void on_batch_end() override {}

    Town& town_;
    SocketAddress own_;
    simulation::MemoryNetwork network_;
    simulation::StreamId stream_ = 0;
    std::string heard_;
};

// "200 404": the statuses of these HTTP responses, which have no bodies with "HTTP/1.1 " in them.
inline std::string statuses(std::string_view responses) {
    constexpr std::string_view kStart = "HTTP/1.1 ";
    std::string all;
    for (auto at = responses.find(kStart); at != std::string_view::npos; at = responses.find(kStart, at + 1)) {
        if (!all.empty()) all += ' ';
        all += responses.substr(at + kStart.size(), 3);
    }
    return all;
}

}  // namespace viaduct::flow
