// control_connection: reads lines, writes lines, and once a second looks at the deadlines.
// SPDX-License-Identifier: Apache-2.0
#include "control/control_connection.hpp"

#include <utility>

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace viaduct::control {
namespace {

TimePoint now() { return std::chrono::steady_clock::now(); }

std::string error_line(int code, const std::string& message) {
    return nlohmann::json{{"jsonrpc", "2.0"}, {"id", nullptr}, {"error", {{"code", code}, {"message", message}}}}
        .dump();
}

}  // namespace

ControlConnection::ControlConnection(Socket socket, const ControlLimits& limits)
    : socket_{std::move(socket)}, timer_{socket_.get_executor()}, limits_{limits}, last_call_{now()} {}

void ControlConnection::start(ControlRegistry& registry, PostToLoop post) {
    session_ = std::make_shared<RpcSession>(registry, std::move(post), static_cast<RpcOutlet&>(*this));
    read();
    tick();
}

void ControlConnection::refuse(std::string message) {
    input_ended_ = true;
    send_line(error_line(kTooMany, message));
    tick();
}

void ControlConnection::close() {
    if (std::exchange(closed_, true)) return;
    if (session_) session_->close();
    boost::system::error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
}

void ControlConnection::read() {
    boost::asio::async_read_until(socket_, boost::asio::dynamic_buffer(input_, limits_.line_bytes), '\n',
                                  [self = shared_from_this()](const boost::system::error_code& error,
                                                              std::size_t length) { self->on_read(error, length); });
}

void ControlConnection::on_read(const boost::system::error_code& error, std::size_t length) {
    if (closed_) return;
    if (error == boost::asio::error::not_found) {
        send_line(error_line(kInvalidRequest, fmt::format("a line longer than {} bytes", limits_.line_bytes)));
        input_.clear();
        return on_end_of_input();
    }
    if (error == boost::asio::error::eof) {
        if (!input_.empty()) session_->receive(std::exchange(input_, {}), now());  // a last line without its end
        return on_end_of_input();
    }
    if (error) return close();
    last_call_ = now();
    const std::string line = input_.substr(0, length - 1);
    input_.erase(0, length);
    if (line.find_first_not_of(" \t\r") != std::string::npos) session_->receive(line, last_call_);
    if (!closed_) read();
}

// The client said all it wants to say (printf ... | nc -U): it still gets its answers.
void ControlConnection::on_end_of_input() {
    input_ended_ = true;
    close_when_done();
}

void ControlConnection::close_when_done() {
    const bool owed = session_ && session_->calls_under_way() > 0;
    if (input_ended_ && output_.empty() && !owed) close();
}

void ControlConnection::send_line(std::string line) {
    if (closed_) return;
    line += '\n';
    unsent_ += line.size();
    if (unsent_ > limits_.unsent_bytes) return close();
    output_.push_back(std::move(line));
    if (output_.size() == 1) write();
}

void ControlConnection::write() {
    write_since_ = now();
    boost::asio::async_write(
        socket_, boost::asio::buffer(output_.front()),
        [self = shared_from_this()](const boost::system::error_code& error, std::size_t) { self->on_written(error); });
}

void ControlConnection::on_written(const boost::system::error_code& error) {
    if (closed_) return;
    if (error) return close();
    unsent_ -= output_.front().size();
    output_.pop_front();
    if (!output_.empty()) return write();
    close_when_done();
}

void ControlConnection::tick() {
    timer_.expires_after(std::chrono::seconds{1});
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (error || self->closed_) return;
        const TimePoint at = now();
        const bool stuck = !self->output_.empty() && at - self->write_since_ > self->limits_.write;
        const bool busy = self->session_ && (self->session_->calls_under_way() > 0 || self->session_->is_streaming());
        if (stuck || (!busy && at - self->last_call_ > self->limits_.idle)) return self->close();
        if (self->session_) self->session_->expire(at);
        self->close_when_done();
        if (!self->closed_) self->tick();
    });
}

}  // namespace viaduct::control
