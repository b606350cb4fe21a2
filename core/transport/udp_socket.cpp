// udp_socket: see udp_socket.hpp. recvmmsg(2), sendmmsg(2), ip(7) IP_RECVERR.
// SPDX-License-Identifier: Apache-2.0
#include "transport/udp_socket.hpp"

#include <linux/errqueue.h>

#include <cerrno>
#include <cstring>

#include <boost/asio/post.hpp>

namespace viaduct::transport {

namespace {

error_code system_error_code(int error) { return {error, boost::system::system_category()}; }

SocketAddress address_of(const sockaddr_storage& native) {
    return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
}

}  // namespace

UdpSocket::UdpSocket(NetworkCore& core, std::uint16_t listener, NativeSocket socket)
    : core_{core},
      listener_{listener},
      descriptor_{core.context, socket.release()},
      receive_arena_{new char[kBatch * kDatagram]},
      send_arena_{new char[kSendArena]} {
    for (unsigned i = 0; i < kBatch; ++i) {
        receive_pieces_[i] = {receive_arena_.get() + i * kDatagram, kDatagram};
        received_[i].msg_hdr.msg_iov = &receive_pieces_[i];
        received_[i].msg_hdr.msg_iovlen = 1;
        received_[i].msg_hdr.msg_name = &senders_[i];
        sent_[i].msg_hdr.msg_iov = &send_pieces_[i];
        sent_[i].msg_hdr.msg_iovlen = 1;
        sent_[i].msg_hdr.msg_name = &receivers_[i];
    }
}

void UdpSocket::start() {
    receiving_ = true;
    wait();
}

void UdpSocket::stop_receiving() { receiving_ = false; }

void UdpSocket::close() {
    closed_ = true;
    receiving_ = false;
    error_code ignored;
    descriptor_.close(ignored);
}

void UdpSocket::wait() {
    // shared: the handler may come after the network closed this socket.
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](error_code error) {
                               if (error || !self->receiving_) return;
                               self->on_readable();
                           });
}

void UdpSocket::on_readable() {
    {
        const Batch batch{core_};
        for (unsigned i = 0; i < kBatchesPerTurn && receiving_; ++i) {
            // Fewer than asked for: the socket is empty, and asking again would only cost a system call.
            if (receive_batch() < static_cast<int>(kBatch)) break;
        }
    }
    if (receiving_) wait();
}

int UdpSocket::receive_batch() {
    for (auto& message : received_) message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    const int count = ::recvmmsg(descriptor_.native_handle(), received_.data(), kBatch, 0, nullptr);
    if (count <= 0) {
        // Nothing to read, yet we were woken: an ICMP error is waiting in the error queue.
        drain_error_queue();
        return 0;
    }
    std::array<NetworkEvents::Datagram, kBatch> datagrams;
    std::size_t used = 0;
    for (int i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const std::string_view bytes{static_cast<const char*>(receive_pieces_[at].iov_base), received_[at].msg_len};
        if (!bytes.empty()) datagrams[used++] = {listener_, address_of(senders_[at]), bytes};
    }
    if (used > 0) core_.events->on_datagrams({datagrams.data(), used});
    return count;
}

void UdpSocket::drain_error_queue() {
    for (unsigned i = 0; i < kBatch && !closed_; ++i) {
        sockaddr_storage remote{};
        alignas(cmsghdr) std::array<char, 512> control;
        msghdr message{};
        message.msg_name = &remote;
        message.msg_namelen = sizeof remote;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        if (::recvmsg(descriptor_.native_handle(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
        for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr; item = CMSG_NXTHDR(&message, item)) {
            const bool v4 = item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_RECVERR;
            const bool v6 = item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_RECVERR;
            if (!v4 && !v6) continue;
            sock_extended_err details;
            std::memcpy(&details, CMSG_DATA(item), sizeof details);
            core_.events->on_datagram_refused(listener_, address_of(remote),
                                              system_error_code(static_cast<int>(details.ee_errno)));
        }
    }
}

void UdpSocket::queue(const SocketAddress& to, std::span<const iovec> pieces) {
    std::size_t size = 0;
    for (const iovec& piece : pieces) size += piece.iov_len;
    if (unsent_ == kBatch || send_used_ + size > kSendArena) flush();
    if (closed_ || size > kSendArena) return core_.lost(DatagramLoss::too_long).add();
    char* const begin = send_arena_.get() + send_used_;
    char* end = begin;
    for (const iovec& piece : pieces) {
        std::memcpy(end, piece.iov_base, piece.iov_len);
        end += piece.iov_len;
    }
    send_used_ += size;
    send_pieces_[unsent_] = {begin, size};
    sent_[unsent_].msg_hdr.msg_namelen = to.to_native(receivers_[unsent_]);
    ++unsent_;
}

void UdpSocket::flush() {
    unsigned done = 0;
    while (done < unsent_ && !closed_) done += send_some(std::span{sent_}.subspan(done, unsent_ - done));
    unsent_ = 0;
    send_used_ = 0;
}

// How many were sent; a single one more cheaply.
int UdpSocket::send_now(std::span<mmsghdr> messages) {
    if (messages.size() > 1)
        return ::sendmmsg(descriptor_.native_handle(), messages.data(), static_cast<unsigned>(messages.size()), 0);
    return ::sendmsg(descriptor_.native_handle(), &messages.front().msg_hdr, 0) < 0 ? -1 : 1;
}

unsigned UdpSocket::send_some(std::span<mmsghdr> messages) {
    const auto count = static_cast<unsigned>(messages.size());
    int sent = send_now(messages);
    // The error of an earlier datagram is reported here, once; the second try speaks about this one.
    if (sent < 0 && errno != EAGAIN) sent = send_now(messages);
    if (sent > 0) return static_cast<unsigned>(sent);
    if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
        core_.lost(DatagramLoss::socket_full).add(count);
        return count;
    }
    lose_first(messages.front(), errno);
    return 1;
}

void UdpSocket::lose_first(const mmsghdr& message, int error) {
    const bool unreachable = error == ENETUNREACH || error == EHOSTUNREACH || error == EADDRNOTAVAIL || error == EINVAL;
    core_
        .lost(error == EMSGSIZE ? DatagramLoss::too_long
              : unreachable     ? DatagramLoss::unreachable
                                : DatagramLoss::other)
        .add();
    report(address_of(*static_cast<const sockaddr_storage*>(message.msg_hdr.msg_name)), system_error_code(error));
}

void UdpSocket::report(const SocketAddress& remote, error_code reason) {
    boost::asio::post(core_.context, [self = shared_from_this(), remote, reason] {
        if (!self->closed_) self->core_.events->on_datagram_refused(self->listener_, remote, reason);
    });
}

}  // namespace viaduct::transport
