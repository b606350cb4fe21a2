// recording_network: a transport::Network that keeps what is sent and lets the test say what happens.
//
// Listeners 0 and 1 are UDP and TCP at 192.0.2.10:5060, as TransportLayer was started with. Test's own thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "transport/network.hpp"

namespace viaduct::stack {

class RecordingNetwork final : public transport::Network {
public:
    struct Sent {
        std::string bytes;
        SocketAddress to;                // datagrams
        transport::StreamId stream = 0;  // 0: a datagram
    };
    std::deque<Sent> sent;
    std::vector<transport::StreamId> connecting;
    transport::NetworkEvents* events = nullptr;

    void open(const std::vector<transport::Listener>& listeners, transport::NetworkEvents& to) override {
        listeners_ = listeners;
        events = &to;
    }
    const std::vector<transport::Listener>& listeners() const override { return listeners_; }
    void send_datagram(std::uint16_t, const SocketAddress& to, std::span<const iovec> pieces) override {
        sent.push_back({text(pieces), to, 0});
    }
    void flush() override {}
    transport::StreamId connect(const SocketAddress&, const SocketAddress*) override {
        connecting.push_back(++streams_);
        return streams_;
    }
    void write(transport::StreamId stream, std::span<const iovec> pieces) override {
        sent.push_back({text(pieces), {}, stream});
    }
    std::size_t queued(transport::StreamId) const override { return 0; }
    void pause_reading(transport::StreamId, bool) override {}
    bool close(transport::StreamId, bool) override { return false; }
    void stop_receiving() override {}

    // A connection from `remote` to the TCP listener.
    transport::StreamId accept(const SocketAddress& remote) {
        events->on_accepted(++streams_, 1, listeners_[1].address, remote);
        return streams_;
    }

private:
    static std::string text(std::span<const iovec> pieces) {
        std::string all;
        for (const iovec& piece : pieces) all.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
        return all;
    }
    std::vector<transport::Listener> listeners_;
    transport::StreamId streams_ = 0;
};

}  // namespace viaduct::stack
