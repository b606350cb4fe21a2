// tcp_connection: see tcp_connection.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/tcp_connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

namespace viaduct::transport {

namespace {

using boost::asio::posix::stream_descriptor;
constexpr std::size_t kPiecesPerWrite = 1024;  // IOV_MAX

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

TcpConnection::TcpConnection(NetworkCore& core, ConnectionOwner& owner, StreamId stream, NativeSocket socket)
    : core_{core}, owner_{owner}, stream_{stream}, descriptor_{core.context} {
    if (socket) descriptor_.assign(socket.release());
}

void TcpConnection::start_accepted() {
    phase_ = Phase::open;
    wait_readable();
}

void TcpConnection::start_connecting() {
    descriptor_.async_wait(stream_descriptor::wait_write, [self = shared_from_this()](error_code error) {
        if (!error && self->phase_ != Phase::closed) self->on_connect_outcome();
    });
}

void TcpConnection::fail_connecting(error_code why) { fail_later(why); }

void TcpConnection::on_connect_outcome() {
    if (const error_code error = pending_error(descriptor_.native_handle())) return fail(error);
    if (phase_ == Phase::lingering) return shut_down_if_written();
    phase_ = Phase::open;
    const Batch batch{core_};
    core_.events->on_connected(stream_, local_address(descriptor_.native_handle()));
    if (phase_ == Phase::open && queued() > 0 && !waiting_to_write_) wait_writable();
    if (phase_ == Phase::open) wait_readable();
}

void TcpConnection::wait_readable() {
    if (std::exchange(waiting_to_read_, true)) return;
    // shared: the handler may come after the network forgot this connection.
    descriptor_.async_wait(stream_descriptor::wait_read, [self = shared_from_this()](error_code error) {
        self->waiting_to_read_ = false;
        if (!error && self->phase_ != Phase::closed) self->on_readable();
    });
}

void TcpConnection::wait_writable() {
    if (std::exchange(waiting_to_write_, true)) return;
    descriptor_.async_wait(stream_descriptor::wait_write, [self = shared_from_this()](error_code error) {
        self->waiting_to_write_ = false;
        if (!error && self->phase_ != Phase::closed) self->on_writable();
    });
}

void TcpConnection::on_readable() {
    if (phase_ == Phase::lingering) return discard();
    if (paused_) return;
    {
        const Batch batch{core_};
        for (unsigned i = 0; i < kReadsPerTurn && phase_ == Phase::open && !paused_; ++i) {
            if (!read_once()) break;
        }
    }
    if (phase_ != Phase::closed && !paused_) wait_readable();
}

bool TcpConnection::read_once() {
    const ssize_t count = ::recv(descriptor_.native_handle(), core_.read_buffer.data(), core_.read_buffer.size(), 0);
    if (count > 0) {
        const auto size = static_cast<std::size_t>(count);
        core_.events->on_received(stream_, {core_.read_buffer.data(), size});
        return size == core_.read_buffer.size();
    }
    if (count < 0 && would_block(errno)) return false;
    fail(count == 0 ? error_code{boost::asio::error::eof} : last_error());
    return false;
}

void TcpConnection::discard() {
    const ssize_t count = ::recv(descriptor_.native_handle(), core_.read_buffer.data(), core_.read_buffer.size(), 0);
    if (count > 0 || (count < 0 && would_block(errno))) return wait_readable();
    close_descriptor();
    owner_.lingered(stream_);
}

void TcpConnection::write(std::span<const iovec> pieces) {
    if (phase_ == Phase::closed || phase_ == Phase::lingering) return;
    std::size_t accepted = 0;
    if (phase_ == Phase::open && queued() == 0 && pieces.size() <= kPiecesPerWrite) {
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(pieces.data());
        message.msg_iovlen = pieces.size();
        const ssize_t count = ::sendmsg(descriptor_.native_handle(), &message, MSG_NOSIGNAL);
        if (count < 0 && !would_block(errno)) return fail_later(last_error());
        accepted = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    }
    for (const iovec& piece : pieces) {
        const std::size_t skip = std::min(accepted, piece.iov_len);
        accepted -= skip;
        queue_.append(static_cast<const char*>(piece.iov_base) + skip, piece.iov_len - skip);
    }
    if (phase_ == Phase::open && queued() > 0) wait_writable();
}

bool TcpConnection::write_queue() {
    while (queued() > 0) {
        const ssize_t count = ::send(descriptor_.native_handle(), queue_.data() + written_, queued(), MSG_NOSIGNAL);
        if (count < 0 && would_block(errno)) break;
        if (count < 0) {
            fail(last_error());
            return false;
        }
        written_ += static_cast<std::size_t>(count);
    }
    if (queued() == 0) {
        std::string{}.swap(queue_);  // an idle connection holds no buffer
        written_ = 0;
    } else if (written_ > queue_.size() / 2) {
        queue_.erase(0, std::exchange(written_, 0));
    }
    return true;
}

void TcpConnection::on_writable() {
    const std::size_t before = queued();
    if (!write_queue()) return;
    if (queued() > 0) wait_writable();
    if (phase_ == Phase::lingering) return queued() > 0 ? void() : shut_down_if_written();
    if (queued() == before) return;
    const Batch batch{core_};
    queued() > 0 ? core_.events->on_progress(stream_) : core_.events->on_writable(stream_);
}

void TcpConnection::pause_reading(bool paused) {
    paused_ = paused;
    if (!paused && phase_ == Phase::open) wait_readable();
}

void TcpConnection::linger() {
    if (phase_ == Phase::closed) return;
    const bool was_open = phase_ == Phase::open;
    phase_ = Phase::lingering;
    if (was_open) shut_down_if_written();
}

void TcpConnection::shut_down_if_written() {
    if (queued() > 0) return wait_writable();
    ::shutdown(descriptor_.native_handle(), SHUT_WR);
    wait_readable();
}

void TcpConnection::abort() {
    if (phase_ == Phase::closed) return;
    if (descriptor_.is_open()) set_abort_on_close(descriptor_.native_handle());
    close_descriptor();
}

void TcpConnection::fail(error_code reason) {
    const bool lingered = phase_ == Phase::lingering;
    const auto self = shared_from_this();  // the network drops its reference
    close_descriptor();
    if (lingered) return owner_.lingered(stream_);
    core_.events->on_closed(stream_, reason);
    owner_.forget(stream_);
}

void TcpConnection::fail_later(error_code reason) {
    boost::asio::post(core_.context, [self = shared_from_this(), reason] {
        if (self->phase_ != Phase::closed) self->fail(reason);
    });
}

void TcpConnection::close_descriptor() {
    phase_ = Phase::closed;
    error_code ignored;
    descriptor_.close(ignored);
}

}  // namespace viaduct::transport
