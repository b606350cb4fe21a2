// ng_server: the ng protocol on UDP and TCP, with a thread of its own, for addresses that were allowed and nobody else.
//
// A repeated cookie gets the reply it had; the command is not done twice. Commands and replies are bounded in size,
// connections in number and bytes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <viaduct/address_ranges.hpp>
#include <viaduct/metrics_api.hpp>

#include "ng/ng_commands.hpp"
#include "ng/reply_cache.hpp"
#include "relay/event_loop.hpp"

namespace viaduct::media_relay {

struct NgSettings {
    std::vector<SocketAddress> udp, tcp;
    AddressRanges allowed;
    std::size_t connections = 64;
};

struct NgCounters {
    Counter &commands, &repeated, &malformed, &strangers, &connections_refused;
};

class NgServer {
public:
    // Throws std::system_error when it cannot listen.
    NgServer(Relay& relay, NgSettings settings, NgCounters counters);
    ~NgServer();

private:
    class DatagramSocket;
    class Listener;
    class Connection;

    // `answer` sends "COOKIE DICTIONARY" to where the command came from; on the ng thread.
    void handle(std::string_view datagram, UniqueFunction<void(std::string)> answer);
    void accept(FileDescriptor fd, const SocketAddress& from);
    void forget(std::uint64_t connection);

    const NgSettings settings_;
    NgCounters counters_;
    NgCommands commands_;
    EventLoop loop_;
    ReplyCache cache_;
    std::vector<std::unique_ptr<DatagramSocket>> sockets_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;
    std::uint64_t next_connection_ = 0;
    std::thread thread_;
};

}  // namespace viaduct::media_relay
