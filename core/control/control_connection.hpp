// control_connection: one client of the control socket: lines over a unix stream, with limits and deadlines.
//
// Lives on the control loop; kept alive by its own outstanding reads, writes and timer, and gone when closed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/rpc_session.hpp"

namespace viaduct::control {

struct ControlLimits {
    std::size_t connections = 32;
    std::size_t line_bytes = 1U << 20;          // one request
    std::size_t unsent_bytes = 64U << 20;       // above it the client is dropped
    std::size_t unsent_for_streams = 1U << 20;  // above it notifications are refused
    Duration idle = 10min;                      // no call and nothing under way
    Duration write = 30s;                       // a client must take what it asked for
};

class ControlConnection final : public std::enable_shared_from_this<ControlConnection>, private RpcOutlet {
public:
    using Socket = boost::asio::local::stream_protocol::socket;

    ControlConnection(Socket socket, const ControlLimits& limits);
    void start(ControlRegistry& registry, PostToLoop post);
    // Says why in an error line, then closes: for a client above the limit.
    void refuse(std::string message);
    void close();

private:
    void send_line(std::string line) override;
    bool has_room() const override { return unsent_ < limits_.unsent_for_streams; }

    void read();
    void on_read(const boost::system::error_code& error, std::size_t length);
    void on_end_of_input();
    void write();
    void on_written(const boost::system::error_code& error);
    void tick();
    void close_when_done();

    Socket socket_;
    boost::asio::steady_timer timer_;
    const ControlLimits limits_;
    std::shared_ptr<RpcSession> session_;  // shared so that late replies can notice it is gone
    std::string input_;
    std::deque<std::string> output_;
    std::size_t unsent_ = 0;
    TimePoint last_call_, write_since_;
    bool input_ended_ = false;
    bool closed_ = false;
};

}  // namespace viaduct::control
