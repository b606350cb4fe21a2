// acceptor: takes new connections of one stream listener, a few each turn of the loop.
//
// When the process has no descriptor left it stops for a while instead of spinning on a connection it cannot take.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "transport/native_socket.hpp"
#include "transport/network_core.hpp"

namespace viaduct::transport {

// Takes over an accepted socket.
class Accepting {
public:
    virtual ~Accepting() = default;
    virtual void accepted(NativeSocket socket, std::uint16_t listener, const SocketAddress& remote) = 0;
};

class Acceptor : public std::enable_shared_from_this<Acceptor> {
public:
    Acceptor(NetworkCore& core, Accepting& taker, std::uint16_t listener, NativeSocket socket);
    void start() { wait(); }
    void close();

private:
    static constexpr unsigned kPerTurn = 16;

    void wait();
    void on_readable();
    bool accept_one();  // false: no more now
    void pause();

    NetworkCore& core_;
    Accepting& taker_;
    std::uint16_t listener_;
    boost::asio::posix::stream_descriptor descriptor_;
    boost::asio::steady_timer pause_;
    bool closed_ = false, paused_ = false;
};

}  // namespace viaduct::transport
