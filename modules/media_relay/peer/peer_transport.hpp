// peer_transport: one transport towards one peer: a BUNDLE group or a media section of its own (RFC 8843).
//
// Joins ICE or latching, DTLS-SRTP or SDES or neither, and RTP with RTCP on one port or two. No I/O, no clock, no
// thread of its own: datagrams and time go in; what the peer is told by STUN and DTLS goes out through the PeerSink, of
// which no call may lead back into the transport. receive() and protect() of media neither allocate nor throw.
// After every call that takes a time, ask next_deadline() again.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include <viaduct/time.hpp>

#include "packet/datagram.hpp"
#include "peer/peer_description.hpp"
#include "peer/peer_outcome.hpp"

namespace viaduct::media_relay {

enum class PeerEvent : std::uint8_t {
    connected,        // media can flow in both directions, or again after a change
    remote_changed,   // media now goes to another address (a nominated pair, a latch)
    ice_failed,       // no pair works
    consent_expired,  // RFC 7675
    dtls_failed,      // see failure()
    closed,           // the peer sent close_notify
};

class PeerSink {
public:
    virtual ~PeerSink() = default;
    virtual void send(std::uint8_t socket, const SocketAddress& to, Bytes datagram) = 0;
    virtual void on_event(PeerEvent event) = 0;
};

struct PeerTransportSettings {
    Duration learning_time = 5s;     // after a description, who may latch (symmetric RTP)
    bool trust_description = true;   // false: send nothing until the peer was heard (no latching to the description)
    Duration check_interval = 50ms;  // Ta, RFC 8445 section 14.2
    Duration consent_interval = 5s, consent_timeout = 30s;  // RFC 7675 section 5.1
    std::size_t mtu = 1200;                                 // of a DTLS datagram
    unsigned most_streams = 64;                             // SSRCs in one direction
};

// What an operator sees.
struct PeerState {
    bool connected = false;
    KeyExchange key_exchange = KeyExchange::none;
    std::optional<SrtpSuite> suite;       // once keys are there
    std::optional<SocketAddress> remote;  // where RTP goes
    bool dtls_client = false;
    const char* ice = "none";  // "none", "checking", "connected", "failed"
};

class PeerTransport {
public:
    // `settings` and `sink` must outlive it.
    PeerTransport(const PeerTransportSettings& settings, PeerSink& sink);
    ~PeerTransport();
    PeerTransport(const PeerTransport&) = delete;
    PeerTransport& operator=(const PeerTransport&) = delete;

    // In any order, and again with each offer and answer. DTLS waits until an answer made the roles known: Chromium
    // throws away a ClientHello that comes before its answer, and the call would be silent for ever.
    // An offer that was refused: set what held before, as an answer.
    void set_local(LocalSide side, Stage stage, TimePoint now);
    void set_remote(RemoteSide side, Stage stage, TimePoint now);
    // RFC 8838. With the user fragment of a generation that is no longer or not yet, it is ignored ("": the present
    // one).
    void add_remote_candidate(const IceCandidate& candidate, std::string_view ufrag, TimePoint now);
    // From a local socket. `datagram.data` is changed in place.
    Arrival receive(const Datagram& datagram, std::uint8_t socket, const SocketAddress& from, TimePoint now);
    // A whole RTP or RTCP packet with kTailroom behind it; protected in place.
    Departure protect_rtp(const Datagram& packet, TimePoint now);
    Departure protect_rtcp(const Datagram& packet, TimePoint now);

    std::optional<TimePoint> next_deadline() const;
    void on_deadline(TimePoint now);

    // close_notify to the peer. Nothing is sent after it.
    void close(TimePoint now);

    PeerState state() const;
    // Why DTLS failed, in words for a log line; "" when it did not.
    std::string_view failure() const;
    // By reason, since the transport was made.
    const DropCounts& drops() const;

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace viaduct::media_relay
