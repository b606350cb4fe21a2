// ng_sockets: see ng_sockets.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ng_sockets.hpp"

#include <cerrno>
#include <system_error>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace viaduct::rtpengine {
namespace {

constexpr std::size_t kDatagram = 65536;
constexpr int kDatagramsPerTurn = 64;  // of one relay, then others have their turn

[[noreturn]] void fail(const std::string& what) { throw std::system_error{errno, std::generic_category(), what}; }

int connected_socket(const SocketAddress& to) {
    sockaddr_storage address{};
    const auto length = to.to_native(address);
    const int number = ::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (number < 0) fail("a socket to the relay " + to.text());
    const int room = 1 << 20;
    ::setsockopt(number, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (::connect(number, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
        ::close(number);
        fail("the relay " + to.text());
    }
    return number;
}

}  // namespace

NgSockets::Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

NgSockets::NgSockets(const std::vector<SocketAddress>& relays, Events events)
    : events_{std::move(events)}, stop_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}, buffer_(kDatagram) {
    if (stop_.number() < 0) fail("eventfd");
    for (const SocketAddress& relay : relays) sockets_.emplace_back(connected_socket(relay));
    thread_ = std::thread{[this] { receive(); }};
    pthread_setname_np(thread_.native_handle(), "rtpengine");
}

NgSockets::~NgSockets() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(stop_.number(), &one, sizeof one);
    thread_.join();
}

// A full socket buffer loses the datagram, as the wire may; it will be repeated. An error that waits here may be that
// of an earlier datagram, so it is tried once more.
bool NgSockets::send(unsigned relay, std::string_view bytes) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (::send(sockets_[relay].number(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
        if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR) return true;
    }
    return false;
}

void NgSockets::receive() {
    std::vector<pollfd> all;
    for (const Descriptor& socket : sockets_) all.push_back({socket.number(), POLLIN, 0});
    all.push_back({stop_.number(), POLLIN, 0});
    while (true) {
        if (::poll(all.data(), all.size(), -1) < 0 && errno != EINTR) return;
        if (all.back().revents != 0) return;
        for (unsigned i = 0; i + 1 < all.size(); ++i) {
            if (all[i].revents != 0) receive_from(i);
        }
    }
}

void NgSockets::receive_from(unsigned relay) {
    for (int n = 0; n < kDatagramsPerTurn; ++n) {
        const auto length = ::recv(sockets_[relay].number(), buffer_.data(), buffer_.size(), 0);
        if (length >= 0) {
            events_.received(relay, {buffer_.data(), static_cast<std::size_t>(length)});
        } else if (errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH) {
            events_.refused(relay);
        } else {
            return;
        }
    }
}

}  // namespace viaduct::rtpengine
