// packet_io: datagrams of one media thread in batches: recvmmsg into buffers that live as long as the thread, sendmmsg
// out of the same buffers.
//
// What was queued points into the buffers of the last receive(): flush before the next one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include <sys/socket.h>

#include <viaduct/socket_address.hpp>

#include "packet/datagram.hpp"

namespace viaduct::media_relay {

class PacketIo {
public:
    static constexpr unsigned kBatch = 16;

    PacketIo();

    // As many as are there, at most kBatch. Those longer than kLargestDatagram are cut, and `truncated` says so.
    unsigned receive(int fd);
    Datagram datagram(unsigned i) { return {buffers_[i].data(), in_[i].msg_len, buffers_[i].size()}; }
    bool truncated(unsigned i) const { return (in_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0; }
    SocketAddress from(unsigned i) const {
        return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&from_[i]));
    }

    void queue(int fd, Bytes datagram, const SocketAddress& to);
    void flush();
    // Now, past the queue.
    void send(int fd, Bytes datagram, const SocketAddress& to);

    std::uint64_t refused() const { return refused_; }  // datagrams the kernel did not take

private:
    std::array<std::array<std::uint8_t, kLargestDatagram + kTailroom>, kBatch> buffers_;
    std::array<sockaddr_storage, kBatch> from_, to_;
    std::array<iovec, kBatch> in_parts_, out_parts_;
    std::array<mmsghdr, kBatch> in_, out_;
    unsigned queued_ = 0;
    int out_fd_ = -1;
    std::uint64_t refused_ = 0;
};

}  // namespace viaduct::media_relay
