// peer_transport: one transport towards one peer: a BUNDLE group or a media section of its own (RFC 8843).
//
// Joins ICE or latching, DTLS-SRTP or SDES or neither, and RTP with RTCP on one port or two. No I/O, no clock, no
// thread of its own: datagrams and time go in; what STUN and DTLS tell the peer goes out through the PeerSink, of which
// no call may lead back into the transport. Media neither allocates nor throws on its way through.
// After every call that takes a time, ask next_deadline() again.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "peer/media_keys.hpp"
#include "peer/media_route.hpp"
#include "peer/peer_outcome.hpp"

namespace viaduct::media_relay {

enum class PeerEvent : std::uint8_t {
    connected,        // media can flow in both directions
    remote_changed,   // media now goes to another address (a nominated pair, a latch)
    ice_failed,       // no pair works
    consent_expired,  // RFC 7675
    dtls_failed,      // see failure()
    closed,           // the peer sent close_notify
};

class PeerSink : public DatagramSink {
public:
    virtual void on_event(PeerEvent event) = 0;
};

// What an operator sees.
struct PeerState {
    bool connected = false;
    KeyExchange key_exchange = KeyExchange::none;
    std::optional<SrtpSuite> suite;  // once keys are there
    bool dtls_client = false;
    std::optional<Path> remote;   // where RTP goes
    std::optional<IceState> ice;  // none without ICE
};

class PeerTransport {
public:
    // `settings` and `sink` must outlive it.
    PeerTransport(const PeerTransportSettings& settings, PeerSink& sink);

    // In any order, and again with each offer and answer. DTLS waits until an answer made the roles known: Chromium
    // throws away a ClientHello that comes before its answer, and the call would be silent for ever.
    // An offer that was refused: set what held before, as an answer.
    void set_local(const LocalSide& side, Stage stage, TimePoint now);
    void set_remote(const RemoteSide& side, Stage stage, TimePoint now);
    // RFC 8838. With the user fragment of another generation than the present one it is ignored ("": the present one).
    void add_remote_candidate(const IceCandidate& candidate, std::string_view ufrag, TimePoint now);

    // From a local socket. The datagram is changed in place.
    Arrival receive(const Datagram& datagram, std::uint8_t socket, const SocketAddress& from, TimePoint now);
    // A whole RTP or RTCP packet with kTailroom behind it; protected in place.
    Departure protect_rtp(const Datagram& packet);
    Departure protect_rtcp(const Datagram& packet);

    Deadline next_deadline() const;
    void on_deadline(TimePoint now);

    // close_notify to the peer. Nothing goes in or out after it.
    void close();

    PeerState state() const;
    // Why DTLS failed, in words for a log line; "" when it did not.
    std::string_view failure() const { return keys_.failure_text(); }
    // By reason, since the transport was made: what came in and what should have gone out.
    const DropCounts& drops() const { return drops_; }

private:
    Arrival dropped(Drop reason);
    Arrival receive_media(const Datagram& datagram, bool rtcp, const Path& from, TimePoint now);
    Departure depart(Component component, Drop outcome, const Datagram& packet);
    Drop may_depart(Component component) const;
    void follow(TimePoint now);
    void tell_changes();

    PeerSink& sink_;
    MediaRoute route_;
    MediaKeys keys_;
    DropCounts drops_{};
    std::optional<Path> told_remote_;
    std::optional<IceState> told_ice_;
    Drop told_failure_ = Drop::none;
    bool connected_ = false, told_closed_ = false, closed_ = false;
};

}  // namespace viaduct::media_relay
