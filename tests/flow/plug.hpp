// plug: whatever is on the wire of a town besides phones; what it does not override it does not mind.
//
// Hears when everybody does. Driven by the test's thread; outlived by the town.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "town.hpp"

namespace viaduct::flow {

class Plug : protected simulation::NetworkEvents {
public:
    explicit Plug(Town& town, const std::vector<simulation::Listener>& listeners = {})
        : town_{town}, network_{town.environment().wire()} {
        network_.open(listeners, *this);
        town_.environment().attach(network_);
    }
    ~Plug() override { town_.environment().detach(network_); }

protected:
    using StreamId = simulation::StreamId;
    using Error = simulation::error_code;

    void on_datagrams(std::span<const Datagram>) override {}
    void on_accepted(StreamId, std::uint16_t, const SocketAddress&, const SocketAddress&) override {}
    void on_connected(StreamId, const SocketAddress&) override {}
    void on_received(StreamId, std::string_view) override {}
    void on_writable(StreamId) override {}
    void on_closed(StreamId, Error) override {}
    void on_datagram_refused(std::uint16_t, const SocketAddress&, Error) override {}
    void on_batch_end() override {}

    Town& town_;
    simulation::MemoryNetwork network_;
};

}  // namespace viaduct::flow
