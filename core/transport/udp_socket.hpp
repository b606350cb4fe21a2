// udp_socket: one worker's UDP socket of one listener.
//
// Receives up to kBatch datagrams with one system call into buffers made once, and collects what is sent into batches.
// A datagram the kernel cannot take now is lost and counted, as on any wire; nothing waits.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <array>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "transport/native_socket.hpp"
#include "transport/network_core.hpp"

namespace viaduct::transport {

class UdpSocket : public std::enable_shared_from_this<UdpSocket> {
public:
    UdpSocket(NetworkCore& core, std::uint16_t listener, NativeSocket socket);

    void start();
    void queue(const SocketAddress& to, std::span<const iovec> pieces);
    void flush();
    void stop_receiving();
    void close();

private:
    static constexpr unsigned kBatch = 32;
    static constexpr unsigned kBatchesPerTurn = 4;   // then others have their turn
    static constexpr std::size_t kDatagram = 65536;  // pages are touched only as far as datagrams are long
    static constexpr std::size_t kSendArena = 256 * 1024;

    void wait();
    void on_readable();
    int receive_batch();
    void drain_error_queue();
    void report(const SocketAddress& remote, error_code reason);
    // One sendmmsg; returns how many messages are done with, sent or lost.
    int send_now(std::span<mmsghdr> messages);
    unsigned send_some(std::span<mmsghdr> messages);
    void lose_first(const mmsghdr& message, int error);

    NetworkCore& core_;
    std::uint16_t listener_;
    boost::asio::posix::stream_descriptor descriptor_;
    bool receiving_ = false, closed_ = false;

    std::unique_ptr<char[]> receive_arena_;
    std::array<mmsghdr, kBatch> received_{};
    std::array<iovec, kBatch> receive_pieces_{};
    std::array<sockaddr_storage, kBatch> senders_{};

    std::unique_ptr<char[]> send_arena_;
    std::size_t send_used_ = 0;
    unsigned unsent_ = 0;
    std::array<mmsghdr, kBatch> sent_{};
    std::array<iovec, kBatch> send_pieces_{};
    std::array<sockaddr_storage, kBatch> receivers_{};
};

}  // namespace viaduct::transport
