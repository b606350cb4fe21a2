// latch: who the peer is where no ICE says so: symmetric RTP (RFC 4961), with a bound on who may become it.
//
// A description opens a time to learn. In it the address of the description is the best peer, then the host the SIP
// came from, then the description's host with another port (a NAT), then whoever is first. A better one takes over
// while the time runs, one as good only from a peer that fell silent; after it the latch is locked, and a stranger's
// packets change nothing until a new description comes. A peer whose packets come from elsewhere than it listens at
// (asymmetric) is sent what its description says, always, and heard from the hosts that were named.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <viaduct/socket_address.hpp>
#include <viaduct/time.hpp>

#include "ice/local_socket.hpp"

namespace viaduct::media_relay {

struct LatchRules {
    Duration learning_time = 5s;
    bool trust_description = true;    // false: nothing is sent before the peer was heard
    bool strangers_may_latch = true;  // hosts that neither the description nor the SIP named
    bool symmetric = true;            // RFC 4961
};

class Latch {
public:
    // `described` unspecified: the description names nobody (hold by 0.0.0.0): the peer stays who it was.
    // `socket` is where packets to the description leave from.
    void describe(const Path& described, const std::optional<SocketAddress>& signalled_from, const LatchRules& rules,
                  TimePoint now);

    // May a packet from there be the peer's? Changes nothing: what is protected proves itself first.
    bool admits(const Path& from, TimePoint now) const;
    // A packet from there was taken. True: that changed where we send to.
    bool learn(const Path& from, TimePoint now);

    // Where to send to.
    const std::optional<Path>& remote() const { return remote_; }
    bool heard() const { return rank_ != Rank::nobody; }

private:
    enum class Rank : std::uint8_t { nobody, stranger, described_host, signalling_host, described };
    Rank rank_of(const SocketAddress& address) const;

    std::optional<Path> remote_;
    SocketAddress described_{};
    std::optional<SocketAddress> signalled_from_;
    TimePoint learns_until_{}, last_heard_{};
    Rank rank_ = Rank::nobody;  // of the peer that was heard
    bool strangers_ = true, symmetric_ = true;
};

}  // namespace viaduct::media_relay
