// recent_datagrams: whom to tell when the network says that a datagram could not be delivered (RFC 3261 section 18.4).
//
// A ring of the last requests sent over UDP: the ICMP error names the address it failed for, not the message. Fixed
// size; the completions it forgets are those nobody asked about any more. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include <viaduct/time.hpp>

#include "transport/transport_layer.hpp"

namespace viaduct::transport {

class RecentDatagrams {
public:
    void add(const SocketAddress& to, TimePoint now, SendFailed failed) {
        ring_[next_] = {to, now, std::move(failed)};
        next_ = (next_ + 1) % ring_.size();
    }
    // Takes out what was sent to `to` not longer than kMemory ago.
    std::vector<SendFailed> take(const SocketAddress& to, TimePoint now) {
        std::vector<SendFailed> taken;
        for (Entry& entry : ring_) {
            if (!entry.failed || entry.to != to || now - entry.sent > kMemory) continue;
            taken.push_back(std::move(entry.failed));
            entry.failed = {};
        }
        return taken;
    }

private:
    static constexpr Duration kMemory = 2s;  // an ICMP error takes a round trip
    struct Entry {
        SocketAddress to;
        TimePoint sent{};
        SendFailed failed;
    };
    std::array<Entry, 256> ring_;
    std::size_t next_ = 0;
};

}  // namespace viaduct::transport
