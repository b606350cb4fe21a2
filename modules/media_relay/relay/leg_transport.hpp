// leg_transport: the sockets towards one party for a media section or a BUNDLE group, and what drives its
// PeerTransport.
//
// Packets of the peer are unprotected here and handed to the transport of the other party that carries their section
// (RFC 8843 section 9.2), which protects and sends them. UDPTL (T.38) passes as it is. Lives on its media thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "packet/stream_statistics.hpp"
#include "peer/peer_transport.hpp"
#include "relay/media_environment.hpp"
#include "sdp/described_media.hpp"

namespace viaduct::media_relay {

class LegTransport;

struct PacketTotals {
    std::uint64_t packets = 0, bytes = 0;
    TimePoint last{};  // arrival; the clock's epoch: none yet
};

// What one party's section sends, and where it goes.
struct SectionRoute {
    std::size_t section = 0;
    std::string media;  // "audio"
    LegTransport* to = nullptr;
    std::string mid;
    std::uint8_t mid_extension = 0;
    std::vector<std::uint8_t> payload_types;
    std::vector<std::uint32_t> ssrcs;  // as described, and as learned
    bool blocked = false, silenced = false;
    bool strips_feedback = false;  // from AVPF to AVP
    PacketTotals totals;
    StreamTable streams{kMostStreamsOfSection};

    static constexpr std::size_t kMostStreamsOfSection = 16;
};

class LegTransport final : private PeerSink, private EventLoop::Timer {
public:
    struct Wanted {
        const MediaInterface* interface = nullptr;
        bool v4 = true, v6 = false;
        bool rtcp = true;  // a socket of its own for RTCP
        std::optional<std::uint8_t> type_of_service;
        std::string call_id;  // for log lines
    };

    // Null: no ports left.
    static std::unique_ptr<LegTransport> open(MediaEnvironment& environment, const Wanted& wanted);
    ~LegTransport();

    // -- what our descriptions say of it
    // Of the family, else of the other one.
    const LocalSocket& socket(bool v6, Component component) const;
    std::vector<IceCandidate> candidates(bool with_rtcp) const;
    bool has_rtcp() const;
    void drop_rtcp();  // the peer agreed to rtcp-mux
    // Keys for a=crypto, one set for the transport's life; of every suite.
    const std::vector<SdesCrypto>& cryptos();

    // `local.sockets` is filled in here.
    void set_local(LocalSide local, Stage stage);
    void set_remote(RemoteSide remote, Stage stage);
    const LocalSide& local() const { return local_; }
    const RemoteSide& remote() const { return remote_; }
    void add_remote_candidate(const IceCandidate& candidate, std::string_view ufrag);
    // From now on datagrams are not looked into (UDPTL).
    void set_raw(bool raw) { raw_ = raw; }

    void set_routes(std::vector<SectionRoute> routes) { routes_ = std::move(routes); }
    // Hz, by payload type; for jitter.
    void set_clock_rate(std::uint8_t payload_type, std::uint32_t rate) {
        clock_rates_[payload_type & 0x7f] = static_cast<std::uint16_t>(rate / 100);
    }
    const std::vector<SectionRoute>& routes() const { return routes_; }
    PeerState state() const { return peer_.state(); }
    const PeerTransport& peer() const { return peer_; }
    // Adds what was dropped since the last time to the thread's counters.
    void settle_drops();
    std::uint64_t dropped() const;

private:
    struct Socket final : EventLoop::Readable {
        void on_readable(TimePoint now) override { owner->receive(*this, now); }
        LegTransport* owner = nullptr;
        FileDescriptor fd;
        std::uint8_t id = 0;
    };
    struct Port {
        MediaAddress* address;
        std::uint16_t even;
    };

    LegTransport(MediaEnvironment& environment, const Wanted& wanted);
    bool open_family(MediaAddress& address, const Wanted& wanted);
    std::unique_ptr<Socket> bind_socket(const SocketAddress& address, std::optional<std::uint8_t> type_of_service);
    void take_socket(std::unique_ptr<Socket> socket, Component component, const MediaAddress& address,
                     std::uint16_t port);

    void receive(Socket& socket, TimePoint now);
    void receive_one(Socket& socket, Datagram datagram, const SocketAddress& from, TimePoint now);
    void receive_raw(const Datagram& datagram, const SocketAddress& from, TimePoint now);
    void relay_rtp(Datagram packet, const RtpHeader& header, TimePoint now);
    void relay_rtcp(Datagram packet);
    SectionRoute* route_of_rtp(Bytes packet, const RtpHeader& header);
    SectionRoute* route_of_rtcp(Bytes packet);
    void send_from_here(const Departure& departure, const Datagram& packet);
    int fd_of(std::uint8_t socket) const;

    void send(std::uint8_t socket, const SocketAddress& to, Bytes datagram) override;
    void on_event(PeerEvent event) override;
    void on_time(TimePoint now) override;
    void ask_deadline();

    MediaEnvironment& environment_;
    const std::string call_id_;
    std::vector<Port> ports_;
    std::vector<std::unique_ptr<Socket>> sockets_;
    LocalSockets described_;
    PeerTransport peer_;
    LocalSide local_;
    RemoteSide remote_;
    std::vector<SdesCrypto> cryptos_;
    std::vector<SectionRoute> routes_;
    std::array<std::uint16_t, 128> clock_rates_{};  // in hundreds of Hz
    bool raw_ = false;
    std::optional<SocketAddress> raw_peer_;  // heard
    DropCounts settled_{};
};

}  // namespace viaduct::media_relay
