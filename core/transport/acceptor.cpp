// acceptor: see acceptor.hpp. accept(2).
// SPDX-License-Identifier: Apache-2.0
#include "transport/acceptor.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace viaduct::transport {

Acceptor::Acceptor(NetworkCore& core, Accepting& taker, std::uint16_t listener, NativeSocket socket)
    : core_{core},
      taker_{taker},
      listener_{listener},
      descriptor_{core.context, socket.release()},
      pause_{core.context} {}

void Acceptor::wait() {
    // shared: the handler may come after the network closed this acceptor.
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](error_code error) {
                               if (!error && !self->closed_) self->on_readable();
                           });
}

void Acceptor::on_readable() {
    {
        const Batch batch{core_};
        for (unsigned i = 0; i < kPerTurn && !closed_ && accept_one(); ++i) {
        }
    }
    if (closed_) return;
    if (paused_) return pause();
    wait();
}

bool Acceptor::accept_one() {
    sockaddr_storage native{};
    socklen_t length = sizeof native;
    NativeSocket socket{::accept4(descriptor_.native_handle(), reinterpret_cast<sockaddr*>(&native), &length,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (socket) {
        taker_.accepted(std::move(socket), listener_, SocketAddress::from_native(reinterpret_cast<sockaddr*>(&native)));
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        core_.out_of_descriptors.add();
        paused_ = true;
        return false;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
    core_.accept_failures.add();  // ECONNABORTED and network errors concern that connection alone
    return true;
}

void Acceptor::pause() {
    pause_.expires_after(core_.settings.accept_pause);
    pause_.async_wait([self = shared_from_this()](error_code error) {
        self->paused_ = false;
        if (!error && !self->closed_) self->wait();
    });
}

void Acceptor::close() {
    closed_ = true;
    error_code ignored;
    descriptor_.close(ignored);
    pause_.cancel();
}

}  // namespace viaduct::transport
