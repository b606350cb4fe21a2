// fake_network: a transport::Network that remembers what it was asked to do; the test plays the kernel.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "transport/network.hpp"

namespace viaduct::test {

class FakeNetwork final : public transport::Network {
public:
    struct Sent {
        std::uint16_t listener;
        SocketAddress to;
        std::string bytes;
    };
    struct Stream {
        SocketAddress to;
        std::string written;
        std::size_t queued = 0;
        bool closed = false, aborted = false;
    };

    void open(const std::vector<transport::Listener>& listeners, transport::NetworkEvents&) override {
        listeners_ = listeners;
    }
    const std::vector<transport::Listener>& listeners() const override { return listeners_; }
    void send_datagram(std::uint16_t listener, const SocketAddress& to, std::span<const iovec> pieces) override {
        datagrams.push_back({listener, to, joined(pieces)});
    }
    void flush() override { ++flushes; }
    transport::StreamId connect(const SocketAddress& to, const SocketAddress*) override {
        streams[++last_stream] = {to};
        return last_stream;
    }
    void write(transport::StreamId stream, std::span<const iovec> pieces) override {
        streams[stream].written += joined(pieces);
        if (stuck) streams[stream].queued += joined(pieces).size();
    }
    std::size_t queued(transport::StreamId stream) const override { return streams.at(stream).queued; }
    void pause_reading(transport::StreamId, bool) override {}
    bool close(transport::StreamId stream, bool abort) override {
        streams[stream].closed = true;
        streams[stream].aborted = abort;
        return lingering && !abort;
    }
    void stop_receiving() override {}

    std::vector<Sent> datagrams;
    std::map<transport::StreamId, Stream> streams;
    transport::StreamId last_stream = 0;
    int flushes = 0;
    bool stuck = false;      // peers read nothing
    bool lingering = false;  // nor do they end their side

private:
    static std::string joined(std::span<const iovec> pieces) {
        std::string bytes;
        for (const iovec& piece : pieces) bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
        return bytes;
    }
    std::vector<transport::Listener> listeners_;
};

}  // namespace viaduct::test
