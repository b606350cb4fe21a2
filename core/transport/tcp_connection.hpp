// tcp_connection: one stream socket: connecting, reading, writing, ending.
//
// Writes go to the kernel at once and are queued only when it takes no more. close() lets the queue out, sends FIN, and
// reads on until the peer has ended too, or the linger deadline: an answer sent just before closing would else be lost
// to a RST.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "transport/native_socket.hpp"
#include "transport/network_core.hpp"

namespace viaduct::transport {

class TcpConnection;

// What a connection asks of the network that holds it: to be forgotten, in the second case after it lingered. Called
// from the loop, last.
class ConnectionOwner {
public:
    virtual ~ConnectionOwner() = default;
    virtual void forget(StreamId stream) = 0;
    virtual void lingered(StreamId stream) = 0;
};

class TcpConnection : public std::enable_shared_from_this<TcpConnection> {
public:
    TcpConnection(NetworkCore& core, ConnectionOwner& owner, StreamId stream, NativeSocket socket);

    void start_accepted();                 // reads from now on
    void start_connecting();               // waits for the outcome
    void fail_connecting(error_code why);  // reports it from the loop
    void write(std::span<const iovec> pieces);
    std::size_t queued() const { return queue_.size() - written_; }
    void pause_reading(bool paused);
    void linger();  // no more events; ends by itself or at abort()
    void abort();   // now, silently
    bool lingering() const { return phase_ == Phase::lingering; }

private:
    enum class Phase { connecting, open, lingering, closed };
    static constexpr unsigned kReadsPerTurn = 4;

    void wait_readable();
    void wait_writable();
    void on_readable();
    void on_writable();
    void on_connect_outcome();
    bool read_once();  // false: nothing more now, or the end
    void discard();
    bool write_queue();  // false: the connection failed
    void fail(error_code reason);
    void fail_later(error_code reason);
    void shut_down_if_written();
    void close_descriptor();

    NetworkCore& core_;
    ConnectionOwner& owner_;
    StreamId stream_;
    boost::asio::posix::stream_descriptor descriptor_;
    Phase phase_ = Phase::connecting;
    bool paused_ = false, waiting_to_read_ = false, waiting_to_write_ = false;
    std::string queue_;
    std::size_t written_ = 0;
};

}  // namespace viaduct::transport
