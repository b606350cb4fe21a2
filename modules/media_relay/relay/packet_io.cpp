// packet_io: see packet_io.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay/packet_io.hpp"

namespace viaduct::media_relay {

PacketIo::PacketIo() {
    in_ = {};
    out_ = {};
    for (unsigned i = 0; i < kBatch; ++i) {
        in_parts_[i] = {buffers_[i].data(), kLargestDatagram};
        in_[i].msg_hdr.msg_name = &from_[i];
        in_[i].msg_hdr.msg_iov = &in_parts_[i];
        in_[i].msg_hdr.msg_iovlen = 1;
        out_[i].msg_hdr.msg_name = &to_[i];
        out_[i].msg_hdr.msg_iov = &out_parts_[i];
        out_[i].msg_hdr.msg_iovlen = 1;
    }
}

unsigned PacketIo::receive(int fd) {
    for (auto& message : in_) message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    const int count = ::recvmmsg(fd, in_.data(), kBatch, MSG_DONTWAIT, nullptr);
    return count > 0 ? static_cast<unsigned>(count) : 0;
}

void PacketIo::queue(int fd, Bytes datagram, const SocketAddress& to) {
    if (queued_ == kBatch || (queued_ != 0 && fd != out_fd_)) flush();
    out_fd_ = fd;
    out_parts_[queued_] = {const_cast<std::uint8_t*>(datagram.data()), datagram.size()};
    out_[queued_].msg_hdr.msg_namelen = to.to_native(to_[queued_]);
    ++queued_;
}

void PacketIo::flush() {
    for (unsigned sent = 0; sent < queued_;) {
        const int count = ::sendmmsg(out_fd_, out_.data() + sent, queued_ - sent, MSG_DONTWAIT);
        if (count <= 0) ++refused_;
        sent += count > 0 ? static_cast<unsigned>(count) : 1;
    }
    queued_ = 0;
}

void PacketIo::send(int fd, Bytes datagram, const SocketAddress& to) {
    sockaddr_storage native;
    const socklen_t length = to.to_native(native);
    const auto sent = ::sendto(fd, datagram.data(), datagram.size(), MSG_DONTWAIT,
                               reinterpret_cast<const sockaddr*>(&native), length);
    if (sent < 0) ++refused_;
}

}  // namespace viaduct::media_relay
